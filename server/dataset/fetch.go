package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"reta/shared/wholefile"
)

// Fetch downloads a set's archive to the cache folder (empty: DefaultCache)
// unless it is there, checks it, and returns its path.
func Fetch(ctx context.Context, name, cache string, progress func(done, total int64, what string)) (string, error) {
	spec, err := Lookup(name)
	if err != nil {
		return "", err
	}
	if cache == "" {
		if cache, err = DefaultCache(); err != nil {
			return "", err
		}
	}
	path, err := fetch(ctx, spec, cache, newReporter(progress))
	if err != nil {
		return "", fmt.Errorf("dataset %s: %w", spec.Name, err)
	}
	return path, nil
}

// FetchFile downloads one file to the cache folder unless it is there, checks it, and returns its path. It has at most so many
// bytes. The source's SHA256 may be the beginning of one; other is said to be the way out where the file cannot be had.
func FetchFile(ctx context.Context, src Source, cache string, most int64, other string, progress func(done, total int64, what string)) (string, error) {
	if cache == "" {
		var err error
		if cache, err = DefaultCache(); err != nil {
			return "", err
		}
	}
	src.other = other
	to := archiveOf(src, cache)
	return to, ensure(ctx, downloader{tries: 4, pause: 500 * time.Millisecond, stall: time.Minute, most: most}, src, to, newReporter(progress))
}

// Here reports whether Open would download nothing: the images are drawn by code, given by a path, or in the cache.
func Here(o Options) bool {
	if o.Data != "" || strings.HasPrefix(o.Name, "path:") {
		return true
	}
	spec, err := Lookup(o.Name)
	if err == nil && spec.layoutText == "" {
		return true
	}
	if err == nil && o.Cache == "" {
		o.Cache, err = DefaultCache()
	}
	return err == nil && slices.ContainsFunc(spec.Sources, func(s Source) bool {
		_, err := os.Stat(archiveOf(s, o.Cache))
		return err == nil
	})
}

// archiveOf is where a source's archive is kept.
func archiveOf(s Source, cache string) string {
	return filepath.Join(cache, "downloads", path.Base(s.URL))
}

// fetch returns the path of a set's archive in the cache folder. A missing one
// is downloaded; a present one is checked against its size and hash each time.
func fetch(ctx context.Context, spec *Spec, cache string, report *reporter) (string, error) {
	if spec.layoutText == "" {
		return "", errors.New("is made by code: there is nothing to download")
	}
	if len(spec.Sources) == 0 {
		return "", fmt.Errorf("cannot be downloaded: %s", spec.hint)
	}
	d := downloader{tries: 4, pause: 500 * time.Millisecond, stall: time.Minute, most: 64 << 30}
	var failed []error
	for _, src := range spec.Sources {
		to := archiveOf(src, cache)
		err := ensure(ctx, d, src, to, report)
		if err == nil {
			return to, nil
		}
		if ctx.Err() != nil {
			return "", err
		}
		failed = append(failed, err)
	}
	return "", errors.Join(failed...)
}

// ensure makes the file at path be what src declares.
func ensure(ctx context.Context, d downloader, src Source, path string, report *reporter) error {
	if err := wholefile.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	want, err := knownHash(src, path)
	if err != nil {
		return err
	}
	part := path + ".part"
	info, err := os.Stat(path)
	if err == nil {
		d.forget(part) // a download that was killed when it was done
		got, err := hashFile(ctx, path, report)
		if err != nil {
			return err
		}
		if src.Bytes > 0 && info.Size() != src.Bytes {
			return fmt.Errorf("%s: %d bytes: want %d; delete it to download it again", path, info.Size(), src.Bytes)
		}
		if want == "" { // it lies here from before, without a recorded hash
			return record(path, got)
		}
		if !strings.HasPrefix(got, want) {
			return fmt.Errorf("%s: SHA-256 is %s: want %s; delete it to download it again", path, got, want)
		}
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}

	if err := d.get(ctx, src, part, report); err != nil {
		return fmt.Errorf("download of %s: %w; or fetch it by other means and give it with %s", src.URL, err, src.given())
	}
	got, err := hashFile(ctx, part, report)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(got, want) {
		d.forget(part)
		return fmt.Errorf("download of %s: SHA-256 is %s: want %s; the file was changed on the way or at its source, "+
			"the download is deleted; fetch it by other means and give it with %s", src.URL, got, want, src.given())
	}
	if want == "" {
		if err := record(path, got); err != nil {
			return err
		}
	}
	if err := wholefile.Rename(part, path); err != nil {
		return err
	}
	d.forget(part)
	return wholefile.SyncFolder(filepath.Dir(path))
}

// knownHash is the declared hash, or the one recorded beside the file, or "".
func knownHash(src Source, path string) (string, error) {
	if src.SHA256 != "" {
		return src.SHA256, nil
	}
	data, err := os.ReadFile(path + ".sha256")
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	sum, _, _ := strings.Cut(string(data), " ")
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size {
		return "", fmt.Errorf("%s.sha256: not a SHA-256; delete it to trust the file as it is now", path)
	}
	return sum, nil
}

// record keeps a hash beside the file, in the form of sha256sum.
func record(path, sum string) error {
	return wholefile.Write(path+".sha256", []byte(sum+"  "+filepath.Base(path)+"\n"), 0o644)
}

func hashFile(ctx context.Context, path string, report *reporter) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for done := int64(0); ; {
		n, err := io.CopyN(h, f, 4<<20)
		done += n
		report.say(done, info.Size(), "verify "+strings.TrimSuffix(filepath.Base(path), ".part"))
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), nil
		} else if err != nil {
			return "", err
		}
		if err := ctx.Err(); err != nil {
			return "", err
		}
	}
}
