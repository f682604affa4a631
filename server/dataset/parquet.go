package dataset

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"reta/server/parquet"
)

// parquetShard opens Parquet files as Hugging Face's datasets writes them: a column
// of images, struct{bytes, path} or bytes, and one of labels, numbers whose names
// are in the metadata, or names. Images are copied into t.
func (t *unpacked) parquetShard(root fs.FS, spec *Spec, lim limits) openShard {
	rows := int64(0) // of all files
	return func(_ context.Context, name string) (*shard, error) {
		size, err := sizeOf(root, name)
		if err != nil {
			return nil, err
		}
		file, err := parquet.Open(fileAt{root, name}, size)
		if err != nil {
			return nil, err
		}
		if rows += file.Rows; rows > int64(lim.entries) {
			return nil, fmt.Errorf("%d rows, with those of the files before it: want at most %d", rows, lim.entries)
		}
		columns, err := chooseColumns(file, spec)
		if err != nil {
			return nil, err
		}
		s := &shard{name: name, names: columns.names}
		if s.labels, err = columns.labels(file); err != nil {
			return nil, err
		}
		s.notes = append(s.notes, Note{Text: fmt.Sprintf("%s: column %s holds the images, %s the classes", name, columns.imageName, columns.labelName)})
		s.paths = func(ctx context.Context, want func(int) bool, add func(int, string)) error {
			return t.copyImages(ctx, file, columns, name, lim, want, add)
		}
		return s, nil
	}
}

// columns are those of a file that are used.
type columns struct {
	image, label         int // of parquet.File.Columns
	imageName, labelName string
	names                []string // of the classes, nil where the file does not say
}

// feature is what Hugging Face's datasets says of a column.
type feature struct {
	Type  string   `json:"_type"`
	Names []string `json:"names"`
}

// features reads the metadata of Hugging Face's datasets; nil where there is none.
func features(file *parquet.File) map[string]feature {
	var meta struct {
		Info struct {
			Features map[string]json.RawMessage `json:"features"`
		} `json:"info"`
	}
	if json.Unmarshal([]byte(file.Metadata["huggingface"]), &meta) != nil {
		return nil
	}
	list := map[string]feature{}
	for name, raw := range meta.Info.Features {
		var f feature
		if json.Unmarshal(raw, &f) == nil { // others are lists and structures
			list[name] = f
		}
	}
	return list
}

// The usual names of columns, where nothing else tells them apart.
var (
	imageNames = []string{"image", "img", "images", "pixels", "jpg", "png"}
	labelNames = []string{"label", "labels", "fine_label", "class", "cls", "target", "y", "category"}
)

// chooseColumns finds the images and the labels of a file.
func chooseColumns(file *parquet.File, spec *Spec) (c columns, err error) {
	declared := features(file)
	image := func(name string) int { return max(file.Find(name+".bytes"), file.Find(name)) }
	var images, labels []string
	for _, col := range file.Columns {
		name := strings.TrimSuffix(col.Name, ".bytes")
		switch f := declared[name]; {
		case f.Type == "Image" || len(declared) == 0 && col.Type == parquet.ByteArray && !col.Text:
			images = append(images, name)
		case f.Type == "ClassLabel", len(declared) == 0 && (col.Type == parquet.Int32 || col.Type == parquet.Int64 || col.Text) && !strings.Contains(col.Name, "."):
			labels = append(labels, name)
		}
	}
	for _, col := range file.Columns { // of a set whose features are no classes: numbers or names
		if len(declared) > 0 && len(labels) == 0 && slices.Contains(labelNames, col.Name) {
			labels = append(labels, col.Name)
		}
	}
	if spec.Classes > 0 && len(labels) > 1 {
		if fits := slices.DeleteFunc(slices.Clone(labels), func(l string) bool { return len(declared[l].Names) != spec.Classes }); len(fits) > 0 {
			labels = fits
		}
	}
	if c.imageName, err = oneOf("images", images, imageNames[:1], imageNames, file); err != nil {
		return c, err
	}
	if c.labelName, err = oneOf("class labels", labels, labelNames[:1], labelNames, file); err != nil {
		return c, err
	}
	c.image, c.label, c.names = image(c.imageName), file.Find(c.labelName), declared[c.labelName].Names
	if c.label < 0 {
		return c, fmt.Errorf("column %s of class labels is not there", c.labelName)
	}
	for _, i := range []int{c.image, c.label} {
		if err := file.Columns[i].Readable(); err != nil {
			return c, err
		}
	}
	if file.Columns[c.image].Type != parquet.ByteArray {
		return c, fmt.Errorf("column %s of images holds numbers: want the bytes of image files", c.imageName)
	}
	return c, nil
}

// oneOf chooses among columns: the only one, or the only one with the first or with any of the usual names.
func oneOf(what string, list, first, usual []string, file *parquet.File) (string, error) {
	for _, names := range [][]string{nil, first, usual} {
		fits := slices.DeleteFunc(slices.Clone(list), func(l string) bool { return names != nil && !slices.Contains(names, strings.ToLower(l)) })
		if len(fits) == 1 {
			return fits[0], nil
		}
	}
	if len(list) == 0 {
		var all []string
		for _, c := range file.Columns {
			all = append(all, c.Name)
		}
		return "", fmt.Errorf("no column of %s among %s: want them in a column %s", what, firstOf(all, ", "), first[0])
	}
	return "", fmt.Errorf("%d columns of %s: %s: rename the one to use to %s, remove the others, or say with --dataset which set it is", len(list), what, firstOf(list, ", "), first[0])
}

// labels reads the labels of all rows.
func (c columns) labels(file *parquet.File) ([]string, error) {
	labels := make([]string, 0, min(file.Rows, 1<<16))
	known := map[string]string{} // each label once
	number := file.Columns[c.label].Type != parquet.ByteArray
	for g := range file.Groups {
		err := file.Each(g, c.label, func(_ int, v parquet.Value) error {
			row := len(labels)
			switch {
			case v.Null, number && v.Int < 0: // hidden
				labels = append(labels, "")
			case number && c.names != nil && v.Int >= int64(len(c.names)):
				return fmt.Errorf("row %d: %s is %d: want less than %d, the number of class names", row, c.labelName, v.Int, len(c.names))
			case number && v.Int >= maxClasses:
				return fmt.Errorf("row %d: %s is %d: want the number of a class, less than %d", row, c.labelName, v.Int, maxClasses)
			case number && c.names != nil:
				labels = append(labels, c.names[v.Int])
			case number:
				labels = append(labels, strconv.FormatInt(v.Int, 10))
			case len(v.Bytes) > 200:
				return fmt.Errorf("row %d: %s has %d bytes: want the name of a class", row, c.labelName, len(v.Bytes))
			default:
				text, seen := known[string(v.Bytes)]
				if !seen {
					text = string(v.Bytes)
					known[text] = text
				}
				labels = append(labels, text)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return labels, nil
}

// copyImages copies the images wanted out of a file.
func (t *unpacked) copyImages(ctx context.Context, file *parquet.File, c columns, name string, lim limits, want func(int) bool, add func(int, string)) error {
	first, missing := 0, 0
	for g, group := range file.Groups {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := file.Each(g, c.image, func(row int, v parquet.Value) error {
			row += first
			if !want(row) {
				return nil
			}
			if v.Null {
				missing++
			}
			if int64(len(v.Bytes)) > lim.file || t.blob.size+int64(len(v.Bytes)) > lim.bytes {
				return fmt.Errorf("row %d: an image of %d bytes: want at most %d, and %d in all", row, len(v.Bytes), lim.file, lim.bytes)
			}
			s, err := t.copy(bytes.NewReader(v.Bytes))
			if err != nil {
				return err
			}
			path := fmt.Sprintf("%s/row %d", name, row)
			t.put(path, s)
			add(row, path)
			return nil
		})
		if err != nil {
			return err
		}
		first += int(group.Rows)
	}
	if missing == first && first > 0 {
		return fmt.Errorf("no row has an image: column %s holds paths only: embed the files (datasets: push_to_hub does, or map each to {\"bytes\": ...})", c.imageName)
	}
	return nil
}
