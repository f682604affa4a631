package vk

import (
	"fmt"
	"strings"
)

// Info says what a device is, what it can hold and what it can do.
type Info struct {
	Index         int    // position in List
	Name          string // as the driver gives it
	Kind          DeviceKind
	Vendor        uint32 // PCI vendor, or a Khronos vendor id
	ID            uint32 // the vendor's number for the device
	Driver        string // name and version text of the driver
	DriverVersion uint32 // the driver's own encoding
	API           string // Vulkan version, such as 1.3.239
	MemoryBytes   int64  // largest device-local heap
	CacheUUID     [16]byte
	Limits        Limits
	Features      Features
	Precision     Precision // of an open device: FP32 or FP16

	api uint32
}

// Precision is what the operands of products of matrices are rounded to, those
// of convolutions among them, and what activations and their gradients are kept
// in. Sums and all else are float32.
type Precision string

const (
	FP32          Precision = "fp32"
	FP16          Precision = "fp16" // needs tier 2
	AutoPrecision Precision = "auto" // FP16 on GPUs of tier 2, else FP32
)

// precision settles what Options.Precision asks for.
func (i Info) precision(want Precision) (Precision, error) {
	switch want {
	case "", FP32:
		return FP32, nil
	case AutoPrecision:
		if i.Kind != CPU && i.Tier() == 2 {
			return FP16, nil
		}
		return FP32, nil
	case FP16:
		if i.Tier() == 2 {
			return FP16, nil
		}
		return "", fmt.Errorf("vk: %s cannot multiply matrices of fp16 (it is of tier T%d, want T2): use precision %s or %s: %w", i.Name, i.Tier(), AutoPrecision, FP32, ErrUnsupported)
	}
	return "", fmt.Errorf("vk: precision %q: want %s, %s or %s", want, AutoPrecision, FP32, FP16)
}

// DeviceKind is how a device is attached.
type DeviceKind string

const (
	Discrete   DeviceKind = "discrete"
	Integrated DeviceKind = "integrated"
	Virtual    DeviceKind = "virtual"
	CPU        DeviceKind = "cpu"
	Other      DeviceKind = "other"
)

// Limits are the sizes a kernel or buffer may not pass.
type Limits struct {
	StorageRange         int64     // bytes one binding can see
	StorageBuffers       int       // bindings of one kernel
	SharedBytes          int       // shared memory of one workgroup
	PushBytes            int       // push constants
	AllocBytes           int64     // one memory block
	WorkgroupInvocations int       // x*y*z of a workgroup
	WorkgroupSize        [3]uint32 // per dimension
	WorkgroupCount       [3]uint32 // workgroups of one dispatch, per dimension
	OffsetAlign          int64     // of a binding, in bytes
	SubgroupSize         int       // the driver's default
}

// Features are what the device reports and Open has switched on, less what
// Options.Disable takes away.
type Features struct {
	Float16, Float64         bool // arithmetic
	Int8, Int16, Int64       bool // arithmetic
	Storage8, Storage16      bool // such types in storage buffers
	SubgroupBasic            bool
	SubgroupVote             bool
	SubgroupArithmetic       bool
	SubgroupBallot           bool
	SubgroupShuffle          bool
	SubgroupExtendedTypes    bool // subgroup operations on 8, 16 and 64 bit types
	SubgroupSizeControl      bool // a kernel may require its subgroup size
	SubgroupMin, SubgroupMax int  // the sizes it may require
	FullSubgroups            bool
	MemoryModel              bool // the Vulkan memory model
	CooperativeMatrix        []MatrixShape
	Vectors                  bool // kernels in which the CPU's vector registers hold what a subgroup loads, by address
	Statistics               bool // the driver says what its compiler made of a kernel
	Timestamps               bool
	TimestampPeriod          float64 // nanoseconds per tick
	timestampBits            uint32
	hostVisible              bool // device memory that the host sees is used without staging
}

// MatrixShape is one form of the cooperative multiply D = A*B + C, with A
// [M,K], B [K,N], C and D [M,N], shared by the invocations of Scope.
type MatrixShape struct {
	M, N, K    int
	A, B, C, D string // float16, float32, sint8, ...
	Saturating bool
	Scope      string // subgroup, workgroup, ...
}

func (s MatrixShape) String() string {
	return fmt.Sprintf("%dx%dx%d %s*%s+%s->%s (%s)", s.M, s.N, s.K, s.A, s.B, s.C, s.D, s.Scope)
}

// Tier is the level of kernels the device can run: 0 fp32, 1 with fp16 storage
// and arithmetic, 2 with cooperative matrices (see Features.HalfMatrix) and all
// that their kernels need.
func (i Info) Tier() int {
	f := i.Features
	_, matrices := f.HalfMatrix()
	switch {
	case !f.Float16 || !f.Storage16:
		return 0
	case !matrices || !f.MemoryModel || !f.SubgroupBasic || !f.SubgroupSizeControl || i.Limits.SubgroupSize > 64:
		return 1
	}
	return 2
}

// vectorises says whether the driver's compiler keeps in scalars what all of a subgroup share, and makes one load of those of
// neighbouring scalars: Mesa's CPU driver, from 26.1 on. 22.3 and 25.0 load for one invocation after the other, and are a hundred
// times slower in kernels that count on it; what lies between was not tried.
func (i Info) vectorises() bool {
	return i.Kind == CPU && strings.HasPrefix(i.Name, "llvmpipe") && i.DriverVersion >= 26<<22|1<<12 && i.Limits.SubgroupSize == 8 && i.Features.Int64 && i.Features.SubgroupBasic
}

// HalfMatrix is the largest form of fp16 operands and fp32 sums at subgroup
// scope whose extents are powers of two from 4 to 16.
func (f Features) HalfMatrix() (best MatrixShape, ok bool) {
	extent := func(n int) bool { return n >= 4 && n <= 16 && n&(n-1) == 0 }
	for _, s := range f.CooperativeMatrix {
		if s.A == "float16" && s.B == "float16" && s.C == "float32" && s.D == "float32" && s.Scope == "subgroup" && !s.Saturating &&
			extent(s.M) && extent(s.N) && extent(s.K) && s.M*s.N*s.K > best.M*best.N*best.K {
			best, ok = s, true
		}
	}
	return best, ok
}

// score ranks devices: the higher the better.
func (i Info) score() int {
	switch i.Kind {
	case Discrete:
		return 4
	case Integrated:
		return 3
	case Virtual:
		return 2
	case CPU:
		return 1
	}
	return 0
}

func (i Info) String() string { return fmt.Sprintf("%d: %s (%s)", i.Index, i.Name, i.Kind) }
