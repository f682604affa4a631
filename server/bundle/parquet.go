package bundle

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"reta/server/parquet"
	"reta/shared/wholefile"
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
	var names []string
	err = newFolder(to, func(part string) error {
		if err := wholefile.MkdirAll(filepath.Join(part, "data"), 0o755); err != nil {
			return err
		}
		for n, count := 0, (len(all)+parquetImages-1)/parquetImages; n < count; n++ {
			name := filepath.FromSlash(fmt.Sprintf(parquetFile, n, count))
			err := m.writeParquet(filepath.Join(part, name), func(add func(class int, path string, bytes []byte) error) error {
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
				return fmt.Errorf("%s: %w", filepath.Join(to, name), err)
			}
			names = append(names, filepath.Join(to, name))
		}
		return m.parquetCard(filepath.Join(part, "README.md"))
	})
	return names, err
}

// writeParquet writes a file of the images that rows adds.
func (m Manifest) writeParquet(path string, rows func(add func(class int, path string, bytes []byte) error) error) error {
	meta, err := m.features()
	if err != nil {
		return err
	}
	return wholefile.Fill(path, func(file io.Writer) error {
		w := parquet.NewWriter(file, []parquet.Column{
			{Name: "image.bytes", Type: parquet.ByteArray}, {Name: "image.path", Type: parquet.ByteArray, Text: true}, {Name: "label", Type: parquet.Int64},
		})
		if err := rows(func(class int, path string, bytes []byte) error { return w.Add(bytes, path, int64(class)) }); err != nil {
			return err
		}
		return w.Close(map[string]string{"huggingface": string(meta)}, "reta "+m.Program)
	})
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

// newFolder has a folder filled under another name, and gives it its own when it is whole. An empty one may be there.
func newFolder(to string, fill func(part string) error) error {
	if err := emptyFolder(to); err != nil {
		return err
	}
	part := strings.TrimRight(to, string(filepath.Separator)) + ".part"
	if err := wholefile.RemoveAll(part); err != nil {
		return err
	}
	if err := wholefile.MkdirAll(part, 0o755); err != nil {
		return err
	}
	if err := errors.Join(fill(part), wholefile.SyncFolders(part)); err != nil {
		return err
	}
	if err := wholefile.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := wholefile.Rename(part, to); err != nil {
		return err
	}
	return wholefile.SyncFolder(filepath.Dir(filepath.Clean(to)))
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
