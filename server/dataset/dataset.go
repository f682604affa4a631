package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Dataset is an opened set. Its methods may be called from many goroutines.
type Dataset struct {
	Name      string
	Title     string
	Classes   []Class // a label is an index into this
	All       []Class // every class of the set, also those that are not used or lack in the data: All[i].Index == i
	Size      int     // images are Size x Size pixels
	Mean, Std [3]float32
	Terms     string // of the images' use, see Spec

	Train, Test Split

	// Hash is the content hash (hexadecimal SHA-256) of what is used: classes,
	// image size, and the name and bytes of each image. A set that does not
	// fit in memory is read whole for it once: see seen.
	Hash string

	// Notes say how the data was understood and what is odd about it, to be shown.
	Notes []Note

	src          *source
	root         fs.FS // where items' paths start; nil once closed
	memory       *memory
	transform    transform
	fingerprints []fingerprint // of each image before any was skipped, training images first
	ids          []string      // of these
	mu           sync.Mutex
	skipped      map[string]Skipped
	total        int    // images before any was skipped
	path         string // of the data, "" when made by code
	archive      bool   // it is one, not a folder
}

// Skipped is an image that could not be read.
type Skipped struct {
	ID  string
	Err error
}

// Options say what to open.
type Options struct {
	// Name of a declared set (see Specs), or "path:DIR" for any folder of class folders.
	Name string
	// Data is a folder or archive to read. Empty: the cache folder, filled by a download.
	Data string
	// Cache is the folder for downloads; empty: DefaultCache.
	Cache string
	// Classes are ids or names, or one number N for the first N classes; empty: all.
	Classes []string
	// PerClass and TestPerClass limit the images of each class, the first in file order; 0: all.
	PerClass, TestPerClass int
	// Size overrides the image side in pixels.
	Size int
	// Memory is how many bytes of decoded images may stay resident; 0: 2 GiB.
	// A set that does not fit is decoded anew at each read.
	Memory int64
	// DecodeAll has every image decoded by Open, also of a set that does not fit: one that cannot be read is known at once.
	DecodeAll bool
	// Progress is called now and then with how far a step (download, unpack, decode)
	// has come, in bytes or images. Calls never overlap.
	Progress func(done, total int64, what string)
}

// DefaultCache is the folder "reta" in the user's cache folder.
func DefaultCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w; give one with --cache", err)
	}
	return filepath.Join(dir, "reta"), nil
}

// Open finds, fetches if needed, checks and decodes a set. An image that cannot
// be read is skipped and named by Skipped; more than one in a hundred, or than a
// few in a small set, is an error. The caller closes the set.
func Open(ctx context.Context, o Options) (*Dataset, error) {
	if dir, ok := strings.CutPrefix(o.Name, "path:"); ok {
		if o.Data != "" {
			return nil, fmt.Errorf("dataset %q: both the name and the data path %q say where the images are: give one", o.Name, o.Data)
		}
		o.Name, o.Data = "imagefolder", dir
	}
	spec, err := Lookup(o.Name)
	if err != nil {
		return nil, err
	}
	d, err := open(ctx, spec, o, defaultLimits)
	if err != nil {
		return nil, fmt.Errorf("dataset %s: %w", spec.Name, err)
	}
	return d, nil
}

func open(ctx context.Context, spec *Spec, o Options, lim limits) (*Dataset, error) {
	report := newReporter(o.Progress)
	d := &Dataset{Name: spec.Name, Title: spec.Title, Mean: spec.Mean, Std: spec.Std, Terms: spec.Terms, memory: newMemory(lim), skipped: map[string]Skipped{}}
	if o.PerClass < 0 || o.TestPerClass < 0 || o.Size < 0 || o.Size > 1024 {
		return nil, fmt.Errorf("images per class %d and %d, size %d: want 0 (the default) or more, size at most 1024",
			o.PerClass, o.TestPerClass, o.Size)
	}
	if o.Cache == "" && spec.layoutText != "" {
		var err error
		if o.Cache, err = DefaultCache(); err != nil {
			return nil, err
		}
	}
	all, err := d.locate(ctx, spec, o, report)
	if err == nil {
		if err = d.prepare(ctx, spec, all, o, report); err != nil && d.path != "" {
			err = fmt.Errorf("%s: %w", d.path, err)
		}
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// locate opens the data and lets the layout find its classes.
func (d *Dataset) locate(ctx context.Context, spec *Spec, o Options, report *reporter) (*found, error) {
	if spec.layoutText == "" { // made by code
		if o.Data != "" {
			return nil, fmt.Errorf("is made by code: it takes no data path, got %q", o.Data)
		}
		return spec.layout(ctx, nil)
	}
	path, cache := o.Data, o.Cache
	if path == "" {
		var err error
		if path, err = fetch(ctx, spec, cache, report); err != nil {
			return nil, err
		}
	}
	src, err := openSource(ctx, path, filepath.Join(cache, "tmp"), d.memory.lim, func(done, total int64) { report.say(done, total, "unpack") })
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file or folder: want %s%s", path, spec.layoutText, spec.remedy())
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d.src, d.path, d.archive = src, path, src.archive
	if spec.Classes == 0 {
		d.Title = "images of " + path
	}
	all, err := spec.layout(ctx, src.FS)
	var layout *layoutError
	if errors.As(err, &layout) {
		into := newUnpacked(filepath.Join(cache, "tmp"))
		src.close = closeBoth(into.Close, src.close)
		shards, e := shardsLayout(ctx, src.FS, spec, into, d.memory.lim)
		switch {
		case shards != nil:
			d.archive = true
			return shards, nil
		case errors.Is(e, errNoSamples):
			layout.what += " (" + e.Error() + ")"
		case e != nil:
			err = e
		}
	}
	switch {
	case errors.As(err, &layout) && layout.remedy != "":
		return nil, fmt.Errorf("%s: %w", path, err)
	case errors.As(err, &layout):
		return nil, fmt.Errorf("%s: not in the layout of %s: %s; want %s%s", path, spec.Name, layout.what, spec.layoutText, spec.remedy())
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, nil
}

func closeBoth(a, b func() error) func() error {
	return func() error { return errors.Join(a(), b()) }
}

// remedy says where the data can be had.
func (s *Spec) remedy() string {
	switch {
	case s.hint != "":
		return "; " + s.hint
	case len(s.Sources) > 0:
		return "; it is published at " + s.Sources[0].URL
	}
	return ""
}

// layoutError says what was found instead of the layout wanted, and what to do if
// that is more particular than "bring it into that layout".
type layoutError struct{ what, remedy string }

func (e *layoutError) Error() string {
	if e.remedy == "" {
		return e.what
	}
	return e.what + ": " + e.remedy
}

// Skipped lists the images that could not be read so far, by id.
func (d *Dataset) Skipped() []Skipped {
	d.mu.Lock()
	defer d.mu.Unlock()
	return sortedValues(d.skipped)
}

// skip records a broken image, and fails when there are too many.
func (d *Dataset) skip(id string, err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.skipped[id] = Skipped{id, err}
	n, most := len(d.skipped), tolerated(d.total)
	if n <= most {
		return nil
	}
	var list []string
	for _, s := range sortedValues(d.skipped) {
		list = append(list, fmt.Sprintf("%s: %v", s.ID, s.Err))
	}
	remedy := "repair them or take them out of the folder"
	if d.archive {
		remedy = "repair the archive, or unpack it and take them out"
	}
	return fmt.Errorf("%d of %d images cannot be read, more than the %d that may be left out: %s: %s", n, d.total, most, firstOf(list, "; "), remedy)
}

// ImageBytes is the size of one image: Size * Size * 3.
func (d *Dataset) ImageBytes() int { return d.Size * d.Size * 3 }

// Close releases files and memory. It may be called twice.
func (d *Dataset) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.src == nil {
		return nil
	}
	src := d.src
	d.src, d.root = nil, nil
	return src.close()
}
