// What the kernels of a topology update (compute/topo) have in common. A batch has `classes` classes; a class has
// `rows` rows of features, of which its set takes the first n, n <= points <= 256. Edges are named by their place in
// the order (weight, i, j); a class has room for `slots` of them.
layout(push_constant) uniform Sizes { uint classes, rows, points, width, slots, grid; };

#define NONE 0xffffffffu

// The settings of a class for a stage.
struct Class {
    uint n, k; // points; neighbours, at most n - 1
    float eps; // the cut-off, in distance
    float sigma; // bandwidth of the images, in eps
    float exponent; // of the persistence weight
    uint drop; // essential bars stay out of the images
    float scale; // 1 / what the loss is divided by; 0 for an inactive class
    float gamma; // weight of degree 1
    float weight; // of the class in the gradient
};

// What the host reads of a class after an update.
struct Report {
    float status; // why the host must compute the class, 0 for no reason
    float edges, clipped; // kept; longer than the cut-off
    float bars[4]; // H0 finite and essential, H1 finite and essential
    float loss[2]; // by degree, over the scale
    float push; // <gradient, z - mean>, the class's weight not applied
    float moved; // 1 when the gradient is not 0 everywhere
};

const float INFINITE = 1.0; // a distance is no finite number
const float CROWDED = 2.0; // more edges than slots
const float DEEP = 3.0; // the walk over the edges took too many turns, or its columns too much room

// Rows of a square matrix over the points begin on a vec4.
uint stride = (points + 3u) & ~3u;

uint at(uint c, uint i, uint j) { return (c * points + i) * stride + j; }

// The ends i < j of an edge are one word.
uint pack(uint i, uint j) { return i << 16 | j; }
uvec2 ends(uint key) { return uvec2(key >> 16, key & 0xffffu); }
