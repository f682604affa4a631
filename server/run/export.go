package run

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"reta/compute/distill"
	"reta/server/dataset"
)

// export writes the distilled images as an ImageFolder: train/CLASS/NUMBER.png
// with metadata.csv and classes.txt (folder, name) beside. It fills a folder of another name
// and renames it at the end, so that an export folder is always whole.
func export(f *Folder, d *dataset.Dataset, s *distill.Synthetic, mean, std [3]float64) (string, error) {
	final := f.File("export")
	temporary := f.File("export.part")
	if err := os.RemoveAll(temporary); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	var meta bytes.Buffer
	table := csv.NewWriter(&meta)
	_ = table.Write([]string{"file_name", "class", "class_id", "class_name", "index"})
	var names strings.Builder
	each := s.Size * s.Size * 3
	folders := folderNames(d.Classes)
	for c, class := range d.Classes {
		fmt.Fprintf(&names, "%s\t%s\n", folders[c], oneLine(class.Name))
		folder := filepath.Join("train", folders[c])
		if err := os.MkdirAll(filepath.Join(temporary, folder), 0o755); err != nil {
			return "", fmt.Errorf("export: %w", err)
		}
		for i := range s.IPC {
			file := filepath.Join(folder, fmt.Sprintf("%05d.png", i))
			at := (c*s.IPC + i) * each
			if err := writePNG(filepath.Join(temporary, file), s.Pixels[at:at+each], s.Size, mean, std); err != nil {
				return "", fmt.Errorf("export: %w", err)
			}
			_ = table.Write([]string{filepath.ToSlash(file), fmt.Sprint(c), class.ID, class.Name, fmt.Sprint(i)})
		}
	}
	table.Flush()
	config, err := f.Config.Encode()
	if err != nil {
		return "", err
	}
	for name, text := range map[string][]byte{"classes.txt": []byte(names.String()), "config.toml": config, "metadata.csv": meta.Bytes()} {
		if err := writeFile(filepath.Join(temporary, name), text); err != nil {
			return "", err
		}
	}
	if err := os.Rename(temporary, final); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	return final, nil
}

// folderNames makes class ids fit for folders, each its own.
func folderNames(classes []dataset.Class) []string {
	names := make([]string, len(classes))
	taken := map[string]bool{}
	for i, c := range classes {
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune(`/\:*?"<>|`, r) || unicode.IsControl(r) {
				return '_'
			}
			return r
		}, c.ID)
		if name == "" || name[0] == '.' { // hidden, or another folder
			name = "_" + strings.TrimPrefix(name, ".")
		}
		for taken[name] {
			name += "_"
		}
		names[i], taken[name] = name, true
	}
	return names
}

// oneLine keeps a name on its line of a table.
func oneLine(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name)
}

// writePNG writes one normalised image.
func writePNG(path string, pixels []float32, size int, mean, std [3]float64) error {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for i, v := range distill.RGB8(pixels, mean, std) {
		img.Pix[i/3*4+i%3] = v
	}
	for p := range size * size {
		img.Pix[4*p+3] = 255
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	err = png.Encode(file, img)
	if err == nil {
		err = file.Sync() // the checkpoints go next
	}
	return errors.Join(err, file.Close())
}
