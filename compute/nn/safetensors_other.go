package nn

import (
	"bytes"
	"fmt"
	"io"
)

// otherFormats are formats that are mistaken for safetensors, by their first bytes.
var otherFormats = []struct{ start, what, remedy string }{
	{"version https://git-lfs.github.com", "a git-lfs pointer, not the file itself", "fetch it with git lfs pull"},
	{"PK\x03\x04", "a zip archive, such as PyTorch's .pth and .pt or NumPy's .npz", convert},
	{"\x80\x02", "a Python pickle, such as an old .pth of PyTorch", convert},
	{"\x80\x03", "a Python pickle", convert},
	{"\x80\x04", "a Python pickle", convert},
	{"\x80\x05", "a Python pickle", convert},
	{"\x89HDF", "an HDF5 file, such as Keras writes", "want weights of PyTorch"},
	{"GGUF", "a GGUF file", "want weights of PyTorch"},
	{"<!doctype html", "a web page: the download needs a login, or led elsewhere", "fetch the file itself"},
	{"<html", "a web page: the download needs a login, or led elsewhere", "fetch the file itself"},
	{"\x1f\x8b", "a gzip archive", "unpack it"},
	{"{", "JSON text, such as the index of weights in several files", "want one file with all the weights"},
}

const convert = "convert it (docs/teachers.md)"

// otherFormat says what a file is that is no safetensors file, nil when that is not known.
func otherFormat(r io.ReaderAt) error {
	var first [64]byte
	n, _ := r.ReadAt(first[:], 0) // a short file ends early
	if n > 8 && first[8] == '{' { // a safetensors header behind its length, which may begin with the bytes of another format
		return nil
	}
	text := bytes.TrimLeft(first[:n], " \t\r\n")
	for _, f := range otherFormats {
		if len(text) >= len(f.start) && bytes.EqualFold(text[:len(f.start)], []byte(f.start)) {
			return fmt.Errorf("it is %s: want a safetensors file: %s", f.what, f.remedy)
		}
	}
	return nil
}
