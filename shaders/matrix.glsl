// The product of two matrices, tile by tile, with the device's cooperative matrices: fp16 operands, staged through shared
// memory, and fp32 sums. A workgroup owns TILE_M x TILE_N sums, each of its subgroups PART_M x PART_N of them. The inner
// extent is walked in steps of DEPTH, two steps of operands being in shared memory: while one is multiplied the next is
// on its way.
//
// The includer brings the operands and takes the sums:
void fetch(int at);                        // loads the operands of the step that begins at `at` into registers
void put(int stage);                       // writes them to as and bs, from stage * AS and stage * BS on
void store(int row, int quad, vec4 sums);  // takes four neighbouring sums of the tile
#ifdef MOMENTS
bool exists(int row);                      // whether the tile's row is one of the result
void leave(int row, int quad, vec4 first, vec4 sum, vec4 square); // takes, of PART_M rows from one on, sums of differences from the first
#endif
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#pragma use_vulkan_memory_model

layout(local_size_x_id = 10) in;
layout(constant_id = 10) const int INVOCATIONS = 256; // SUBGROUP for each part of the tile
layout(constant_id = 11) const int SUBGROUP = 64;
layout(constant_id = 12) const int MATRIX_M = 16; // what the device multiplies at once: M x K by K x N
layout(constant_id = 13) const int MATRIX_N = 16;
layout(constant_id = 14) const int MATRIX_K = 16;
layout(constant_id = 15) const int TILE_M = 64;
layout(constant_id = 16) const int TILE_N = 64;
layout(constant_id = 17) const int PART_M = 32;
layout(constant_id = 18) const int PART_N = 32;

const int DEPTH = 32;
#define INVOCATION int(gl_LocalInvocationIndex)

// Operands lie in rows of f16vec4, each 16 bytes longer than it need be, so that columns meet different banks: a has
// a row for each of TILE_M, or with A_BY_COLUMNS for each of DEPTH; b has one for each of DEPTH.
#ifdef A_BY_COLUMNS
const int A_ROW = TILE_M / 4 + 2, AS = DEPTH * A_ROW;
#else
const int A_ROW = DEPTH / 4 + 2, AS = TILE_M * A_ROW;
#endif
const int B_ROW = TILE_N / 4 + 2, BS = DEPTH * B_ROW;
shared f16vec4 as[2 * AS], bs[2 * BS];

const int ROWS = PART_M / MATRIX_M, COLUMNS = PART_N / MATRIX_N;
#define MATRIX_SUMS coopmat<float, gl_ScopeSubgroup, MATRIX_M, MATRIX_N, gl_MatrixUseAccumulator>
const int SUMS_ROW = MATRIX_N / 4, SUMS = MATRIX_M * SUMS_ROW;
shared vec4 sums[SUMS * (INVOCATIONS / SUBGROUP)]; // a matrix for each subgroup

// product of the operands [from, to) of the inner extent.
void product(int from, int to) {
    const int across = TILE_N / PART_N, own = int(gl_SubgroupID);
    const int m = own / across * PART_M, n = own % across * PART_N;
    MATRIX_SUMS acc[ROWS * COLUMNS];
    [[unroll]] for (int i = 0; i < ROWS * COLUMNS; i++) acc[i] = MATRIX_SUMS(0.0);

    if (from < to) fetch(from);
    for (int at = from, stage = 0; at < to; at += DEPTH, stage ^= 1) {
        put(stage);
        barrier(); // one a step is enough: what put overwrites next was read before it
        if (at + DEPTH < to) fetch(at + DEPTH);
        [[unroll]] for (int k = 0; k < DEPTH; k += MATRIX_K) {
            coopmat<float16_t, gl_ScopeSubgroup, MATRIX_M, MATRIX_K, gl_MatrixUseA> a[ROWS];
            [[unroll]] for (int i = 0; i < ROWS; i++) {
#ifdef A_BY_COLUMNS
                coopMatLoad(a[i], as, stage * AS + k * A_ROW + (m + i * MATRIX_M) / 4, A_ROW, gl_CooperativeMatrixLayoutColumnMajor);
#else
                coopMatLoad(a[i], as, stage * AS + (m + i * MATRIX_M) * A_ROW + k / 4, A_ROW, gl_CooperativeMatrixLayoutRowMajor);
#endif
            }
            [[unroll]] for (int j = 0; j < COLUMNS; j++) {
                coopmat<float16_t, gl_ScopeSubgroup, MATRIX_K, MATRIX_N, gl_MatrixUseB> b;
                coopMatLoad(b, bs, stage * BS + k * B_ROW + (n + j * MATRIX_N) / 4, B_ROW, gl_CooperativeMatrixLayoutRowMajor);
                [[unroll]] for (int i = 0; i < ROWS; i++) acc[i * COLUMNS + j] = coopMatMulAdd(a[i], b, acc[i * COLUMNS + j]);
            }
        }
    }

    // Where an invocation's sums lie in a matrix is the driver's secret: they go through shared memory.
    const int mine = own * SUMS, lane = int(gl_SubgroupInvocationID);
    #define AWAIT controlBarrier(gl_ScopeSubgroup, gl_ScopeSubgroup, gl_StorageSemanticsShared, gl_SemanticsAcquireRelease);
    [[unroll]] for (int j = 0; j < COLUMNS; j++) {
#ifdef MOMENTS
        vec4 first = vec4(0), sum = vec4(0), square = vec4(0); // of the lane's rows
#endif
        [[unroll]] for (int i = 0; i < ROWS; i++) {
            coopMatStore(acc[i * COLUMNS + j], sums, mine, SUMS_ROW, gl_CooperativeMatrixLayoutRowMajor);
            AWAIT
#ifdef MOMENTS
            if (i == 0) first = sums[mine + lane % SUMS_ROW];
#endif
            for (int e = lane; e < SUMS; e += SUBGROUP) {
                int row = m + i * MATRIX_M + e / SUMS_ROW;
                store(row, (n + j * MATRIX_N) / 4 + e % SUMS_ROW, sums[mine + e]);
#ifdef MOMENTS
                vec4 d = exists(row) ? sums[mine + e] - first : vec4(0);
                sum += d;
                square += d * d;
#endif
            }
            AWAIT
        }
#ifdef MOMENTS
        // A lane has every so many rows of one quad: the first lanes add up those of the others.
        const int LANES = min(SUBGROUP, SUMS);
        if (lane < LANES) sums[mine + lane] = sum;
        AWAIT
        if (lane < SUMS_ROW) for (int e = lane + SUMS_ROW; e < LANES; e += SUMS_ROW) sum += sums[mine + e];
        AWAIT
        if (lane < LANES) sums[mine + lane] = square;
        AWAIT
        if (lane < SUMS_ROW) {
            for (int e = lane + SUMS_ROW; e < LANES; e += SUMS_ROW) square += sums[mine + e];
            leave(m, (n + j * MATRIX_N) / 4 + lane, first, sum, square);
        }
        AWAIT
#endif
    }
}
