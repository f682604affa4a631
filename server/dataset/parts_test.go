package dataset

import (
	"strings"
	"testing"
)

func TestNamesOfParts(t *testing.T) {
	for name, want := range map[string]string{
		"train": "training", "Train": "training", "TRAINING": "training", "train_set": "training", "trainset": "training", "TrainSet": "training",
		"training-images": "training", "Training Data": "training", "seg_train": "training", "train2017": "training", "imgs_train": "training", "train.split": "training",
		"val": "validation", "valid": "validation", "Validation": "validation", "val_images": "validation", "valset": "validation",
		"test": "test", "Testing": "test", "test_set": "test", "seg_test": "test", "testdata": "test",
		"asl_alphabet_train": "training of asl alphabet", "test-multiple_fruits": "test of multiple fruits",
		"cat": "", "trains": "", "station": "", "train_val": "", "contest": "", "set": "", "n01440764": "", "": "",
	} {
		p, rest := partOf(name)
		got := p.String()
		if p != noPart && rest != "" {
			got += " of " + rest
		}
		if got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

// How folders are understood, or what is refused. Files are named by letters of
// classes; a name without a dot is an empty folder.
func TestLayoutsOfImageFolders(t *testing.T) {
	for _, c := range []struct {
		name, files string
		want        string // classes with numbers of training and test images
		says        string // a note, or the error when want is ""
	}{
		{"official", "train/a/1.png train/b/1.png val/a/1.png val/b/1.png", "a 1/1, b 1/1", "train/ is the training part, val/ the test part"},
		{"nested as Kaggle has it", "seg_train/seg_train/a/1.png seg_train/seg_train/b/1.png seg_test/seg_test/a/2.png seg_test/seg_test/b/2.png seg_pred/seg_pred/9.png",
			"a 1/1, b 1/1", "not used: seg_pred/"},
		{"wrapped", "w/x/y/Training/a/1.png w/x/y/Training/b/1.png w/x/y/Test/a/1.png w/x/y/Test/b/1.png w/x/papers/p.txt", "a 1/1, b 1/1", "w/x/y/Training/ is the training part, w/x/y/Test/ the test part"},
		{"a word before the part", "asl_train/a/1.png asl_train/b/1.png asl_test/a/1.png asl_test/b/1.png", "a 1/1, b 1/1", "asl_train/ is the training part"},
		{"validation and test", "train/a/1.png train/b/1.png valid/a/1.png valid/a/2.png valid/b/1.png test/a/1.png test/b/1.png", "a 1/2, b 1/1", "not used: test/"},
		{"test without labels", "train/a/1.png train/b/1.png test/1.png", "a 1/0, b 1/0", "there is no test part"},
		{"class of the test part only", "train/a/1.png train/b/1.png val/a/1.png val/b/1.png val/c/1.png", "a 1/1, b 1/1", "val/ holds 1 class that train/ lacks, left out: c"},
		{"class named like a part, with sub-folders", "train/old/1.png train/2.png bus/1.png car/1.png", "bus 1/0, car 1/0, train 2/0", "class folders alone"},
		{"station, train named", "train_station/1.png test_tube/1.png", "test_tube 1/0, train_station 1/0", "class folders alone"},
		{"other files", "a/1.png a/2.GIF a/3.txt b/1.png b/Thumbs.db", "a 1/0, b 1/0", "2 other files (.gif 1, .txt 1) left out of ./"},
		{"folders of the system", "a/1.png b/1.png @eaDir/x/1.png .git/1.png __MACOSX/a/1.png", "a 1/0, b 1/0", "class folders alone"},
		{"one wrapper beside a text", "x/a/1.png x/b/1.png README.txt docs/x.txt", "a 1/0, b 1/0", "class folders alone"},
		{"all nested below train", "train/a/x/1.png train/a/y/1.png train/b/x/1.png", "a 2/0, b 1/0", "taken too: train/a/x/, train/a/y/, train/b/x/"},

		{"two training parts", "train/a/1.png train/b/1.png Training/a/1.png Training/b/1.png test/a/1.png", "", "Training/ and train/ are both named like a training part: rename or move one"},
		{"two validation parts", "train/a/1.png val/a/1.png validation/a/1.png", "", "val/ and validation/ are both named like a validation part"},
		{"two sets", "one/a/1.png one/b/1.png two/a/1.png two/b/1.png", "", "there are images in one/ and in two/, each like a set of its own: give one of them, as PATH/one"},
		{"two sets of two kinds", "one/train/a/1.png one/test/a/1.png two/a/1.png two/b/1.png", "", "there are images in one/ and in two/"},
		{"a set beside other images", "one/a/1.png one/b/1.png two/x/y/z/1.png", "", "there are images in one/ and in two/"},
		{"parts within classes", "a/train/1.png a/test/1.png b/train/1.png b/test/1.png", "", "there are images in a/ and in b/"},
		{"a set beside a folder of images", "samples/1.png set/train/a/1.png set/test/a/1.png", "", "set/ holds a training part and a test part of its own (train/, test/)"},
		{"part or class", "train/a/1.png train/b/1.png bus/1.png", "", "train/ holds folders of images as a training part does, and bus/ beside it holds images as a class does"},
		{"no class folders", "train/1.png test/2.png", "", "train/ holds images without class folders (train/1.png): sort them into train/<class>/"},
		{"no class folders, training only", "train/1.png", "", "train/ holds images without class folders"},
		{"test part only", "Testing/a/1.png Testing/b/1.png", "", "a test part but no train part (Testing/"},
		{"empty class", "a/1.png b/1.png bird", "", "class bird has no training image: bird/ holds no file; want images (.jpg"},
		{"class without images", "train/a/1.png train/b/x.gif train/c/1.txt", "", "class b has no training image: train/b/ holds 1 other file (.gif 1); class c has no training image"},
		{"case of names", "train/Apple/1.png test/apple/1.png", "", "class Apple has no folder test/Apple, but there is test/apple: rename it"},
		{"no images", "train/a train/b", "", "it holds train/; want train/<class>/<image>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string][]byte{}
			for i, f := range strings.Fields(c.files) {
				if strings.Contains(f, ".") {
					files[f] = pngOf(t, i)
				} else {
					files[f+"/.keep"] = nil
				}
			}
			d, err := openCase(t, Options{Name: "path:" + write(t, files)})
			if c.want == "" {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("says %v; want %q", err, c.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(d); got != c.want || !strings.Contains(notes(d), c.says) {
				t.Errorf("holds %s and says %q; want %s and %q", got, notes(d), c.want, c.says)
			}
		})
	}
}
