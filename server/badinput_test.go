package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reta/compute/models"
	"reta/compute/nn"
	"reta/server/run"
	"reta/shared/recipe"
)

// small is the least of the demo set that can be distilled.
const small = "--headless --until recover --classes 2 --per-class 4 --ipc 2 --steps 4 "

// What a user may get wrong, all that is said about it, and the exit code. DIR
// in a command or a message is the case's own folder. Nothing of a run may be
// left behind.
func TestBadInput(t *testing.T) {
	cache := t.TempDir() // for all cases: kernels are compiled once
	for _, c := range []struct {
		name    string
		command string // words between blanks; --cache and --runs are added
		prepare func(t *testing.T, dir string)
		code    int
		want    string // the whole message
	}{
		{"unknown command", "sqeeze", nil, 2,
			`"sqeeze" is not a command or flag of server; did you mean squeeze?; see server --help`},
		{"extra words", "accuracy cifar", nil, 2, `"cifar" is not a command or flag of server accuracy; see server accuracy --help`},
		{"unknown flag", "--wings", nil, 2, `unknown flag: --wings; see server --help`},
		{"mistyped flag", "recover --lamda 0.2", nil, 2, `unknown flag: --lamda; did you mean --lambda?; see server recover --help`},
		{"a viewer's flag without a viewer", "recover --listen :0", nil, 2, `unknown flag: --listen; see server recover --help`},
		{"contradiction", "--headless --seed 4 --set seed=3", nil, 2, `--seed 4 and --set seed=3 contradict each other: both are seed: want one of them`},
		{"contradiction of sets", "--headless --set lr=0.1 --set lr=0.2", nil, 2, `--set lr=0.1 and --set lr=0.2 contradict each other: both are lr: want one of them`},
		{"contradiction of a switch", "--headless --no-pta --set pta.on=true", nil, 2, `--set pta.on=true and --no-pta contradict each other: both are pta.on: want one of them`},
		{"unknown preset", "--headless --pta litter", nil, 2, `--pta litter: want letter or default: choose one`},
		{"viewer without a log", "--no-log", nil, 2, `--no-log is for --headless: the viewer reads the log: want both or neither`},
		{"no number", "--ipc ten", nil, 2, `--ipc "ten": want a whole number; see server --help`},
		{"negative seed", "--seed -1", nil, 2, `--seed "-1": want a whole number from 0 to 9223372036854775807; see server --help`},

		{"unknown dataset", "--headless --dataset cifar-1000", nil, 2,
			`dataset "cifar-1000": unknown name; did you mean "cifar-100" or "cifar-10"?; known are cifar-10, cifar-100, demo, imagefolder, imagefruit, imagemeow, ` +
				`imagenet-1k, imagenette, imagenette-160, imagenette-320, imagesquawk, imagewoof, imagewoof-160, imagewoof-320, imageyellow, tiny-imagenet, and path:DIR for any folder of class folders`},
		{"unknown recipe", "--headless --recipe retta", nil, 2, `unknown recipe "retta": want one of ` + strings.Join(recipe.Names(), ", ")},
		{"unknown network", "--headless --network resnet19", nil, 2,
			`unknown network "resnet19": want one of ` + strings.Join(models.Names(), ", ")},
		{"unknown class", "--headless --classes rng,blob", nil, 2,
			`dataset demo: class "rng": unknown name; did you mean "ring"?; the set has 10 classes, from blob to cross`},
		{"too many classes", "--headless --classes 11", nil, 2, `--classes 11: want 1 to 10, the classes of demo, or names`},
		{"no classes", "--headless --classes 0", nil, 2, `--classes 0: want 1 or more, or names`},

		{"fewer steps than stages", "--headless --steps 3", nil, 2, `--steps 3: want 4 or more, one step a stage at least: raise steps or lower stages`},
		{"no stages", "--headless --stages 0", nil, 2, `--stages 0: want 1 to 100`},
		{"stages past memory", "--headless --stages 9000000000000000000", nil, 2, `--stages 9000000000000000000: want 1 to 100`},
		{"several at once", "--headless --ipc -1 --alpha NaN --lambda 1.5 --topo-every 0", nil, 2,
			"--ipc -1: want 1 to 10000\n--alpha NaN: want 0 to 1\n--lambda 1.5: want 0 to 1\n--topo-every 0: want 1 to 10000000"},
		{"no such setting", "--headless --set drc=1", nil, 2, `--set drc=1: want the name of a setting in drc: one of drc.lambda, drc.scale, drc.top_m, ` +
			`drc.no_repeat, drc.exclude_self, drc.blur_sigma`},
		{"setting without a value", "--headless --set pta.k", nil, 2, `--set pta.k: want NAME=VALUE, such as pta.sigma=0.1`},
		{"setting of another type", "--headless --set pta.k=many", nil, 2, `--set pta.k=many: want a whole number: change pta.k`},
		{"setting out of range", "--headless --set pta.k=0", nil, 2, `recipe: pta.k = 0: want 1 to 256; change pta.k`},
		{"images too small", "--headless --size 7", nil, 2, `--size 7: want 8 to 1024 pixels, or 0 for the set's own`},
		{"negative limit", "--headless --per-class -2", nil, 2, `--per-class -2: want 1 or more, or 0 for all`},
		{"batch past the classes", small + "--batch 3", nil, 2,
			`--batch 3: want at most 2, the classes of demo: a batch holds one image per class: lower batch or take more classes`},
		{"more images than there are", small + "--ipc 5", nil, 2,
			`--ipc 5: want at most 4, the images of the smallest class of demo: lower ipc or start from noise`},

		{"retrieval without retrieval", "--headless --no-drc --lambda 0.2", nil, 2,
			`--lambda 0.2 has no effect: this recipe retrieves no anchors: its connection is fixed: drop it, or take a recipe that has it, such as reta`},
		{"topology without topology", "--headless --recipe fadrm --lambda-topo 1", nil, 2,
			`--lambda-topo 1 has no effect: this recipe aligns no topology: drop it, or take a recipe that has it, such as reta`},
		{"paused without a viewer", "--headless --paused", nil, 2, `--paused waits for a viewer, --headless has none: want one of them`},
		{"address without a viewer", "--headless --listen :0", nil, 2, `--listen is about the viewer, --headless has none: want one of them`},
		{"epochs of a given teacher", "--headless --epochs 3 --teacher x", nil, 2, `--epochs trains a teacher, --teacher gives one: want one of them`},
		{"resume with other settings", "--headless --resume auto --ipc 3", nil, 2, `--resume continues a run with its own settings: drop --ipc`},
		{"resume nothing", "--headless --resume auto", nil, 2, `--resume auto: no unfinished run under DIR/runs`},
		{"resume nowhere", "--headless --resume DIR/none", nil, 2,
			`--resume DIR/none: run folder DIR/none: stat DIR/none/config.toml: no such file or directory: want the folder of a run, or auto for the newest under --runs`},

		{"missing data", "--headless --dataset cifar-100 --data DIR/none", nil, 3,
			`dataset cifar-100: DIR/none: no such file or folder: want the binary version: train.bin, test.bin and fine_label_names.txt, ` +
				`as a folder or tar.gz; it is published at https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz`},
		{"missing folder", "--headless --dataset path:DIR/none", nil, 3,
			`dataset imagefolder: DIR/none: no such file or folder: want train/<class>/<image> and val/<class>/<image> (or test/), ` +
				`or only <class>/<image>, as a folder, zip or tar.gz; or train-*.parquet and test-*.parquet; or tars of WebDataset; give it with --data PATH or --dataset path:DIR`},
		{"data without a dataset", "--headless --data DIR/set", nil, 2, `--data DIR/set: the demo set is drawn by code: say with --dataset what the images are`},
		{"data twice", "--headless --dataset path:DIR/a --data DIR/b", nil, 2,
			`--data DIR/b and --dataset path:DIR/a both say where the images are: want one of them`},
		{"no folder named", "--headless --dataset path:", nil, 2, `--dataset path: names no folder: want path:DIR`},
		{"cut tar.gz", "--headless --dataset imagefolder --data DIR/a.tar.gz", func(t *testing.T, dir string) {
			writeFile(t, dir+"/a.tar.gz", firstHalf(tarOf(t, pictures(t))))
		}, 3, `dataset imagefolder: DIR/a.tar.gz: damaged archive (unexpected EOF): copy, download or make it again, or give the folder unpacked`},
		{"cut zip", "--headless --dataset imagefolder --data DIR/a.zip", func(t *testing.T, dir string) {
			writeFile(t, dir+"/a.zip", firstHalf(zipOf(t, pictures(t))))
		}, 3, `dataset imagefolder: DIR/a.zip: damaged zip (zip: not a valid zip file): copy, download or make it again, or give the folder unpacked`},
		{"no archive", "--headless --dataset cifar-100 --data DIR/a.tar.gz", func(t *testing.T, dir string) {
			writeFile(t, dir+"/a.tar.gz", []byte("<html>not found</html>"))
		}, 3, `dataset cifar-100: DIR/a.tar.gz: file of 22 bytes is neither zip, tar, tar.gz nor Parquet (it starts with 3c 68 74 6d): want a folder or such a file`},
		{"wrong layout", "--headless --dataset tiny-imagenet --data DIR/data", func(t *testing.T, dir string) {
			writeFile(t, dir+"/data/readme.txt", nil)
		}, 3, `dataset tiny-imagenet: DIR/data: not in the layout of tiny-imagenet: it holds readme.txt; want train/<wnid>/images, val/images with ` +
			`val/val_annotations.txt, and wnids.txt, as a folder or zip; it is published at http://cs231n.stanford.edu/tiny-imagenet-200.zip`},

		{"missing teacher", "--headless --teacher DIR/none", nil, 3, `--teacher: stat DIR/none: no such file or directory: want a file of weights, safetensors or PyTorch's .pth`},
		{"folder as teacher", "accuracy --dataset demo --teacher DIR", nil, 3, `--teacher: DIR is a folder: want a file of weights, safetensors or PyTorch's .pth`},
		{"teacher of the wrong shape", small + "--teacher DIR/t.safetensors", func(t *testing.T, dir string) {
			writeTeacher(t, dir+"/t.safetensors", func(x *nn.Tensor) {
				if x.Name == "conv1.weight" {
					x.Shape = append(x.Shape[:2:2], 9, 1)
				}
			})
		}, 3, `teacher DIR/t.safetensors: resnet-mini with a cifar stem and 10 classes: safetensors DIR/t.safetensors: ` +
			`tensor "conv1.weight" has shape [32 3 9 1], want [32 3 3 3]: other weights, or another --network?`},
		{"teacher of another network", small + "--network resnet18 --teacher DIR/t.safetensors", func(t *testing.T, dir string) {
			writeTeacher(t, dir+"/t.safetensors", nil)
		}, 3, `teacher DIR/t.safetensors: resnet18 with a cifar stem and 10 classes: safetensors DIR/t.safetensors: ` +
			`tensor "conv1.weight" has shape [32 3 3 3], want [64 3 3 3]: other weights, or another --network?`},
		{"teacher of other classes", small + "--teacher DIR/t.safetensors", func(t *testing.T, dir string) {
			writeTeacher(t, dir+"/t.safetensors", func(x *nn.Tensor) {
				if strings.HasPrefix(x.Name, "fc.") {
					x.Values = x.Values.([]float32)[:len(x.Values.([]float32))*7/10]
					x.Shape = append([]int{7}, x.Shape[1:]...)
				}
			})
		}, 3, `teacher DIR/t.safetensors: the network has 7 classes, demo has 2, or 10 for the full set: give one trained on this set, or choose its classes with --classes`},
		{"teacher with a hostile header", small + "--teacher DIR/t.safetensors", func(t *testing.T, dir string) {
			writeFile(t, dir+"/t.safetensors", append(binary.LittleEndian.AppendUint64(nil, 1<<62), make([]byte, 100)...))
		}, 3, `teacher: safetensors DIR/t.safetensors: header of 4611686018427387904 bytes in a file of 108 (at most 16777216 are allowed): the file is cut short or of another format`},
		{"teacher with a hostile shape", small + "--teacher DIR/t.safetensors", func(t *testing.T, dir string) {
			header := `{"conv1.weight":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`
			writeFile(t, dir+"/t.safetensors", append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+"12345678"...))
		}, 3, `teacher: safetensors DIR/t.safetensors: header: tensor "conv1.weight": shape [4294967296 4294967296] is negative or too large`},
		{"teacher cut short", small + "--teacher DIR/t.safetensors", func(t *testing.T, dir string) {
			header := `{"conv1.weight":{"dtype":"F32","shape":[1024],"data_offsets":[0,4096]}}`
			writeFile(t, dir+"/t.safetensors", append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+"12345678"...))
		}, 3, `teacher: safetensors DIR/t.safetensors: tensor "conv1.weight" ends at byte 4096 of the data, the file has 8: it is cut short`},
		{"no teacher to measure", "accuracy", nil, 2, `--teacher is missing: want a file of weights, safetensors or PyTorch's .pth`},
		{"negative batch", "accuracy --teacher x --batch -1", nil, 2, `--batch -1: want 1 or more`},

		{"nowhere to write a teacher", "squeeze", nil, 2, `--out is missing: want a file for the weights, such as teacher.safetensors`},
		{"folder for a teacher", "squeeze --out DIR", nil, 2, `--out DIR is not a file: want one for the weights, such as teacher.safetensors`},
		{"unknown optimiser", "squeeze --out DIR/t --optimizer lion", nil, 2, `--optimizer lion: want sgd or adam`},
		{"unknown augmentation", "squeeze --out DIR/t --augment mixup", nil, 2, `--augment mixup: want none, pad-crop or random-crop`},
		{"negative training", "squeeze --out DIR/t --batch -3 --lr -1", nil, 2, `--lr -1: want more than 0, at most 100`},
		{"negative rate", "squeeze --out DIR/t --lr -1", nil, 2, `--lr -1: want more than 0, at most 100`},
		{"no epochs", "squeeze --out DIR/t --epochs 0", nil, 2, `--epochs 0: want a whole number of at least 1`},

		{"unknown step", "bench --step relabel", nil, 2, `--step relabel: want recover, squeeze or forward`},
		{"nothing to time", "bench --batch 0", nil, 2, `--batch 0: want 1 to 4096`},

		{"beyond this machine without TLS", "--listen 0.0.0.0:0", nil, 2, `listen 0.0.0.0:0: other machines could reach this server, unencrypted: ` +
			`give --tls-cert and --tls-key, or --insecure to accept it, or --listen localhost:7117 to stay on this machine`},
		{"no address", "--listen here", nil, 2, `listen "here": want HOST:PORT, such as localhost:7117`},
		{"no port", "--listen localhost:99999", nil, 2, `listen "localhost:99999": port "99999": want 0 (any free one) to 65535`},
		{"address of another machine", "--listen 192.0.2.1:8080", nil, 2,
			`listen 192.0.2.1:8080: listen tcp 192.0.2.1:8080: bind: cannot assign requested address: want an address of this machine, such as 127.0.0.1`},
		{"half of TLS", "--tls-cert DIR/c.pem", nil, 2, `TLS needs both files: --tls-cert and --tls-key`},
		{"no certificate", "--tls-cert DIR/c.pem --tls-key DIR/k.pem", nil, 2,
			`--tls-cert DIR/c.pem, --tls-key DIR/k.pem: open DIR/c.pem: no such file or directory: want a certificate and its key, PEM`},
		{"origin with a path", "--origin https://lab.example.org/x", nil, 2,
			`origin "https://lab.example.org/x": want scheme and host alone, such as https://lab.example.org; an address with a path is for --public-url`},
		{"tokens in a file", "--listen 127.0.0.1:0 --tokens DIR/file", func(t *testing.T, dir string) { writeFile(t, dir+"/file", nil) }, 2,
			`--tokens: mkdir DIR/file: not a directory`},
		{"profiles for other machines", small + "--pprof 0.0.0.0:0", nil, 2, `--pprof: 0.0.0.0:0: other machines could reach the profiles: ` +
			`want a loopback address, such as 127.0.0.1:6060, and from elsewhere ssh -L 6060:127.0.0.1:6060`},
		{"no validation layer", small + "--validation", func(t *testing.T, _ string) { t.Setenv("VK_LAYER_PATH", t.TempDir()) }, 4,
			`vk: the validation layer is not installed: apt install vulkan-validationlayers, or run without validation: validation layer`},
		{"unknown format", small + "--log-format xml", nil, 2, `invalid argument "xml" for "--log-format" flag: want text or json; see server --help`},

		{"cache in a file", "--headless --cache DIR/file", func(t *testing.T, dir string) { writeFile(t, dir+"/file", nil) }, 5,
			`vk: pipeline cache: mkdir DIR/file: not a directory: choose another cache folder with --cache`},
		{"run in a file", small + "--run-dir DIR/file", func(t *testing.T, dir string) { writeFile(t, dir+"/file", nil) }, 5,
			`run folder: open DIR/file: not a directory: want a folder: use another --run-dir or --runs`},
		{"run among other files", small + "--run-dir DIR/photos", func(t *testing.T, dir string) { writeFile(t, dir+"/photos/a.jpg", nil) }, 2,
			`the run folder belongs to another run: DIR/photos is not empty (a.jpg) and holds no config.toml: use an empty or new --run-dir`},
		{"run of other settings", small + "--run-dir DIR/other --seed 3", func(t *testing.T, dir string) {
			openRun(t, dir+"/other").Close()
		}, 2, "the run folder belongs to another run: DIR/other was started with other settings:\n" +
			"  it has seed = 0, asked seed = 3\ncontinue it with its own settings by --resume DIR/other, or use another --run-dir"},
		{"busy run", small + "--run-dir DIR/busy", func(t *testing.T, dir string) {
			f := openRun(t, dir+"/busy")
			t.Cleanup(func() { f.Close() })
		}, 2, `another process works in this run folder: DIR/busy: wait for it, or use another --run-dir`},
		{"finished run", small + "--run-dir DIR/done", func(t *testing.T, dir string) {
			openRun(t, dir+"/done").Close()
			writeFile(t, dir+"/done/export/manifest.json", nil)
		}, 2, `the run is finished: see DIR/done/export; use another --run-dir to run again`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.prepare != nil {
				c.prepare(t, dir)
			}
			err := carryOut(t, "--cache "+cache+" --runs "+dir+"/runs "+c.command, dir)
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.ReplaceAll(err.Error()+remedy(err), dir, "DIR"); got != c.want {
				t.Errorf("says\n  %s\nwant\n  %s", got, c.want)
			}
			if got := exitCode(err); got != c.code {
				t.Errorf("exit code %d, want %d", got, c.code)
			}
			if left, _ := filepath.Glob(dir + "/runs/*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// carryOut carries a command out in this process.
func carryOut(t *testing.T, line, dir string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	words := strings.Fields(strings.ReplaceAll(line, "DIR", dir))
	if i := firstWord(words); i > 0 { // a subcommand comes first, and only the main command has --runs
		words = append([]string{words[i]}, append(words[:2:2], words[i+1:]...)...)
	}
	root := command(run.NewGate())
	var out bytes.Buffer
	root.SetArgs(words)
	root.SetOut(&out)
	root.SetErr(&out)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil {
		t.Fatalf("%s: did not end: %v\n%s", line, err, out.Bytes())
	}
	return err
}

// firstWord is the index of a subcommand behind "--cache C --runs R", 0 when a
// flag stands there.
func firstWord(words []string) int {
	if len(words) > 4 && !strings.HasPrefix(words[4], "-") {
		return 4
	}
	return 0
}
