package bundle

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"reta/shared/event"
	"reta/shared/trial"
)

// card is README.md: Hugging Face's data card, YAML before Markdown. files says where the images are.
func (m Manifest) card(files, use string) ([]byte, error) {
	made, err := m.howMade()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("---")
	say("pretty_name: %s", strconv.Quote(m.title()))
	say("license: other")
	say("license_name: terms-of-the-source-set")
	say("task_categories:\n- image-classification")
	say("size_categories:\n- %s", sizeCategory(m.Images()))
	say("tags:\n- dataset-distillation\n- synthetic")
	say("configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: %s", files)
	say("---\n")
	say("# %s\n", m.title())
	say("%d images of %d classes, %s, %d x %d pixels. They are not photographs: they were optimised so that networks trained on",
		m.Images(), len(m.Classes), m.perClass(), m.Size, m.Size)
	say("them do well on the test images of **%s**.\n", oneLine(m.Dataset.Title))
	say("## How they were made\n\n%s", made)
	say("## What they are worth\n\n%s", m.worth())
	say("## Limits\n\n%s", limits)
	say("## Use\n\n%sPixels are normalised as (pixel / 255 - mean) / std with mean %.4g and std %.4g.\n", use, m.Mean, m.Std)
	say("## Terms\n\n%s", m.terms())
	return []byte(b.String()), nil
}

func (m Manifest) title() string {
	name := fmt.Sprintf("%s, %s", oneLine(m.Dataset.Name), m.perClass())
	if r, err := m.recipe(); err == nil && r != nil {
		return name + ", distilled with " + r.Name
	}
	return name + ", distilled"
}

// perClass is the number of images of a class in words.
func (m Manifest) perClass() string {
	least, most := math.MaxInt, 0
	for _, c := range m.Classes {
		least, most = min(least, c.Images), max(most, c.Images)
	}
	if least == most {
		return event.Counted(least, "image") + " per class"
	}
	return fmt.Sprintf("%d to %d images per class", least, most)
}

// sizeCategory is Hugging Face's word for a number of rows.
func sizeCategory(n int) string {
	names := []string{"n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M"}
	i := 0
	for limit := 1000; n >= limit && i < len(names)-1; limit *= 10 {
		i++
	}
	return names[i]
}

func (m Manifest) howMade() (string, error) {
	var b strings.Builder
	r, err := m.recipe()
	switch {
	case err != nil:
		return "", err
	case m.Imported != nil:
		fmt.Fprintf(&b, "By another program; reta %s imported them from a folder in the layout of %s.\n", m.Program, m.Imported.Layout)
		fmt.Fprintf(&b, "%s\n", m.Imported.words())
	case r != nil:
		fmt.Fprintf(&b, "With reta %s, recipe `%s`: %d steps in %s, learning rate %g, seed %d. Every constant is in\n`manifest.json` under `recipe`.\n",
			m.Program, r.Name, r.Steps, event.Counted(r.Stages, "stage"), r.LR, r.Seed)
		if n := len(m.Changes); n > 0 {
			fmt.Fprintf(&b, "While it went on %s changed by hand; they are under `changes`.\n", event.Counted(n, "setting was"))
		}
	default:
		fmt.Fprintf(&b, "With reta %s.\n", m.Program)
	}
	if len(m.Teachers) > 0 {
		fmt.Fprintf(&b, "\n| teacher | file | top-1 on its test images | SHA-256 |\n| --- | --- | --- | --- |\n")
		for _, t := range m.Teachers {
			top1 := "not in its file"
			if t.Top1 > 0 {
				top1 = fmt.Sprintf("%.1f %%", 100*t.Top1)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", t.Network, oneLine(t.File), top1, short(t.SHA256))
		}
	}
	if m.Labels != nil {
		fmt.Fprintf(&b, "\n`labels/` holds soft labels: the teachers' logits for random views of the images, %s. The views are drawn again\nfrom the settings in `labels/manifest.json`.\n",
			event.Counted(m.Labels.Epochs, "epoch"))
	}
	return b.String(), nil
}

func short(sum string) string { return sum[:min(16, len(sum))] }

// words says how the order of classes of an imported set was made sure of.
func (i Imported) words() string {
	switch {
	case !i.Checked:
		return "The order of its classes was taken as given, not compared with a teacher's answers."
	case i.Remap:
		return fmt.Sprintf("Its classes were put in the order that fits a teacher's answers: it takes %.0f %% of the images for their class so, %.0f %% in the order\ngiven.",
			100*i.Order, 100*i.Given)
	}
	return fmt.Sprintf("A teacher takes %.0f %% of the images for the class of their folder.", 100*i.Given)
}

// worth is the table of results with their controls.
func (m Manifest) worth() string {
	e := m.Evaluation
	if e == nil {
		return "Nobody has trained students on them yet: whether they teach more than as many random real images is not known.\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Top-1 accuracy of students trained from scratch (%s), on %s: mean and standard error over seeds. \"Best\" is the\nbest test of a training, chosen on the test images.\n\n",
		strings.Join(e.Protocols, ", "), event.Counted(e.TestImages, "test image"))
	b.WriteString("| trained on | images | labels | student | seeds | last | best |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range e.Rows {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %d | %v | %v |\n", trial.ImagesName(r.Images), r.Count, r.Labels, r.Student, r.N, r.Last, r.Best)
	}
	b.WriteString("\n")
	for _, line := range e.Findings {
		fmt.Fprintf(&b, "- %s\n", oneLine(line))
	}
	return b.String()
}

// String is the mean in per cent with its standard error, where there are seeds enough for one.
func (a Accuracy) String() string {
	if a.SE == nil {
		return fmt.Sprintf("%.1f %%", 100*a.Top1)
	}
	return fmt.Sprintf("%.1f +- %.1f %%", 100*a.Top1, 100**a.SE)
}

const limits = `- They teach the classes of the set and nothing else, and were made for training; they are no sample of it and show no variety.
- They carry the teachers' errors and biases, and those of the set.
- A large part of what students learn comes from soft labels: compare with random real images under the same labels before drawing conclusions.
- What was measured holds for the networks and the protocol named above.
`

// use shows how a bundle is read.
func (m Manifest) use() string {
	trains := "trains a network on the images and their classes"
	if m.Labels != nil {
		trains = "trains a network on images and replayed soft labels"
	}
	return `    from datasets import load_dataset
    load_dataset("imagefolder", data_dir="PATH")     # labels in the order of classes.txt

    from torchvision.datasets import ImageFolder
    ImageFolder("PATH/train")                        # labels in the order of the folders' names

    python load.py --test TEST_IMAGES                # ` + trains + `
    server verify PATH                               # checks every file

`
}

// parquetCard writes the data card of the images as Parquet.
func (m Manifest) parquetCard(path string) error {
	m.Labels = nil // they stay in the bundle
	text, err := m.card("data/train-*", "    from datasets import load_dataset\n    load_dataset(\"PATH\")\n\n")
	if err != nil {
		return err
	}
	return writeFile(path, text)
}

func (m Manifest) terms() string {
	text := m.Dataset.Terms
	if text == "" {
		text = "The terms of the source images are not known here: ask whoever provided them."
	}
	return "The images derive from those of the source set, whose terms apply. " + text + "\n"
}
