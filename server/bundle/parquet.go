package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"reta/server/parquet"
)

// parquetFile is where Hugging Face's datasets looks for a training part.
const parquetFile = "data/train-%05d-of-%05d.parquet"

// parquetImages is how many images share a file.
const parquetImages = 50_000

// WriteParquet writes the images of a bundle and their classes to a new folder as
// Parquet files that datasets.load_dataset reads with the features Image and
// ClassLabel, the data card beside them. Soft labels stay in the bundle. It returns
// the files.
func WriteParquet(dir, to string) ([]string, error) {
	m, err := Read(dir)
	if err != nil {
		return nil, err
	}
	images, err := imagesOf(dir, &m)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", dir, err)
	}
	if err := emptyFolder(to); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(to, "data"), 0o755); err != nil {
		return nil, err
	}
	type image struct {
		class int
		name  string
	}
	var all []image
	for c := range images {
		for _, name := range images[c] {
			all = append(all, image{c, name})
		}
	}
	var files []string
	for n, count := 0, (len(all)+parquetImages-1)/parquetImages; n < count; n++ {
		path := filepath.Join(to, filepath.FromSlash(fmt.Sprintf(parquetFile, n, count)))
		err := m.writeParquet(path, func(add func(class int, path string, bytes []byte) error) error {
			for _, i := range all[n*parquetImages : min((n+1)*parquetImages, len(all))] {
				bytes, err := os.ReadFile(filepath.Join(dir, "train", m.Classes[i.class].Folder, i.name))
				if err == nil {
					err = add(i.class, m.Classes[i.class].Folder+"/"+i.name, bytes)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, path)
	}
	return files, m.parquetCard(filepath.Join(to, "README.md"))
}

// writeParquet writes a file of the images that rows adds.
func (m Manifest) writeParquet(path string, rows func(add func(class int, path string, bytes []byte) error) error) error {
	meta, err := m.features()
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := parquet.NewWriter(file, []parquet.Column{
		{Name: "image.bytes", Type: parquet.ByteArray}, {Name: "image.path", Type: parquet.ByteArray, Text: true}, {Name: "label", Type: parquet.Int64},
	})
	err = rows(func(class int, path string, bytes []byte) error { return w.Add(bytes, path, int64(class)) })
	if err == nil {
		err = w.Close(map[string]string{"huggingface": string(meta)}, "reta "+m.Program)
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// features is what Hugging Face's datasets must know of the columns.
func (m Manifest) features() ([]byte, error) {
	var names []string
	seen := map[string]bool{}
	for _, c := range m.Classes {
		name := c.Name
		if seen[name] { // two classes of ImageNet are called crane
			name = c.ID
		}
		seen[name] = true
		names = append(names, name)
	}
	return json.Marshal(map[string]any{"info": map[string]any{"features": map[string]any{
		"image": map[string]string{"_type": "Image"},
		"label": map[string]any{"_type": "ClassLabel", "names": names},
	}}})
}

// emptyFolder refuses a folder that holds something.
func emptyFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty (%s): want a new folder", dir, entries[0].Name())
	}
	return err
}
