package torchfile

import "strings"

// inert are the types that checkpoints have beside weights and that only carry data, by module and name; * stands for any
// name. Their values are not read and nothing of them is run, so this list decides only which files are refused: those that
// ask for anything else were made to do something, or are no file of weights.
const inert = `
__builtin__ set frozenset bytearray complex object int long float bool str unicode bytes list dict tuple slice range xrange
_codecs encode
argparse Namespace
builtins set frozenset bytearray complex object int float bool str bytes list dict tuple slice range
collections defaultdict Counter deque
copy_reg _reconstructor
copyreg _reconstructor
datetime *
decimal Decimal
easydict EasyDict
fractions Fraction
numpy dtype ndarray bool_ float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 str_
numpy._core.multiarray scalar _reconstruct
numpy._core.numeric _frombuffer
numpy.core.multiarray scalar _reconstruct
numpy.core.numeric _frombuffer
numpy.dtypes *
pathlib *
pathlib._local *
torch device Tensor layout memory_format float32 float64
torch._tensor Tensor
torch.nn.parameter Parameter
torch.serialization _get_layout
types SimpleNamespace
typing Any
uuid UUID
`

// inertPackages hold settings of training programs.
var inertPackages = []string{"lightning", "lightning_fabric", "ml_collections", "mmcv", "mmengine", "omegaconf", "pytorch_lightning", "torch.optim", "yacs"}

var inertNames = func() map[string][]string {
	table := map[string][]string{}
	for line := range strings.Lines(inert) {
		if words := strings.Fields(line); len(words) > 0 {
			table[words[0]] = words[1:]
		}
	}
	return table
}()

// carriesData reports whether a type only carries data.
func carriesData(g global) bool {
	for _, name := range inertNames[g.module] {
		if name == g.name || name == "*" {
			return true
		}
	}
	for _, p := range inertPackages {
		if rest, ok := strings.CutPrefix(g.module, p); ok && (rest == "" || rest[0] == '.') {
			return true
		}
	}
	return false
}
