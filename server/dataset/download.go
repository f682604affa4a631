package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"reta/shared/fault"
	"reta/shared/wholefile"
)

// downloader fetches files over HTTP, going on after a cut where it stopped.
type downloader struct {
	tries int           // attempts in a row that bring nothing new
	pause time.Duration // before the second attempt; doubles each time
	stall time.Duration // without a byte, an attempt is given up
	most  int64         // bytes, when the size is not known
}

// resume is what a half-done file needs to be gone on with; it lies beside it as JSON.
type resume struct {
	URL       string
	Validator string // strong ETag or Last-Modified: the same bytes still
	Total     int64  // -1: the server did not say
}

// finalError is one that another attempt cannot mend.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// get downloads src to the file part, which may be there half done.
func (d downloader) get(ctx context.Context, src Source, part string, report *reporter) error {
	best, failed := int64(-1), 0
	for {
		have, err := d.attempt(ctx, src, part, report)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if final := (finalError{}); errors.As(err, &final) {
			return final.error
		}
		failed++
		if have > best {
			best, failed = have, 1
		}
		if failed >= d.tries {
			return fmt.Errorf("given up after %d attempts: %w", d.tries, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d.pause << (failed - 1)):
		}
	}
}

// attempt makes one request and returns how many bytes are there after it.
func (d downloader) attempt(ctx context.Context, src Source, part string, report *reporter) (int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(d.stall, func() { cancel(fmt.Errorf("no byte for %v", d.stall)) })
	defer watch.Stop()

	if err := fault.File("open", part); err != nil {
		return 0, finalError{err}
	}
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return 0, finalError{err}
	}
	defer f.Close()
	have, was := d.state(f, src, part)
	if have > 0 && have == was.Total {
		return have, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, src.URL, nil)
	if err != nil {
		return 0, finalError{err}
	}
	req.Header.Set("Accept-Encoding", "identity") // the bytes as they are hashed
	req.Header.Set("User-Agent", "reta")
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		req.Header.Set("If-Range", was.Validator)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return have, unreachable(req.URL.Host, context.Cause(ctx), err)
	}
	defer resp.Body.Close()
	have, now, err := d.accept(resp, src, have, was)
	if err != nil {
		if errors.Is(err, errChanged) {
			f.Truncate(0)
			wholefile.Remove(part + ".json")
		}
		return have, err
	}
	if err := f.Truncate(have); err != nil {
		return have, finalError{err}
	}
	if _, err := f.Seek(have, io.SeekStart); err != nil {
		return have, finalError{err}
	}
	state, err := json.Marshal(now)
	if err == nil {
		err = wholefile.Write(part+".json", state, 0o644)
	}
	if err != nil {
		return have, finalError{err}
	}

	most := now.Total
	if most < 0 {
		most = d.most
	}
	name := strings.TrimSuffix(filepath.Base(part), ".part")
	buf := make([]byte, 256<<10)
	for {
		n, err := resp.Body.Read(buf)
		if have+int64(n) > most {
			return have, finalError{fmt.Errorf("the server sends more than %d bytes", most)}
		}
		if n > 0 {
			watch.Reset(d.stall)
			err := fault.File("write", part)
			if err == nil {
				_, err = f.Write(buf[:n])
			}
			if err != nil {
				return have, finalError{fmt.Errorf("%w (%d bytes came; free space or choose another folder with --cache)", err, have)}
			}
			have += int64(n)
			report.say(have, now.Total, "download "+name)
		}
		if err == io.EOF {
			break
		} else if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return have, fmt.Errorf("cut after %d of %d bytes: %w", have, now.Total, err)
		}
	}
	if now.Total >= 0 && have != now.Total {
		return have, fmt.Errorf("cut after %d of %d bytes", have, now.Total)
	}
	if err = fault.File("sync", part); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return have, finalError{err}
	}
	return have, nil
}

// state is how many bytes of part can be trusted to be of the file that was describes.
func (d downloader) state(f *os.File, src Source, part string) (int64, resume) {
	fresh := resume{URL: src.URL, Total: -1}
	data, err := os.ReadFile(part + ".json")
	if err != nil {
		return 0, fresh
	}
	var was resume
	if json.Unmarshal(data, &was) != nil || was.URL != src.URL || was.Validator == "" {
		return 0, fresh
	}
	info, err := f.Stat()
	if err != nil || was.Total >= 0 && info.Size() > was.Total {
		return 0, fresh
	}
	return info.Size(), was
}

// errChanged says that what is there is of no use: start anew.
var errChanged = errors.New("the file changed at its source during the download")

// accept judges an answer: where its bytes go and what file they are of.
func (d downloader) accept(resp *http.Response, src Source, have int64, was resume) (int64, resume, error) {
	now := resume{URL: src.URL, Total: -1, Validator: resp.Header.Get("ETag")}
	if now.Validator == "" || strings.HasPrefix(now.Validator, "W/") {
		now.Validator = resp.Header.Get("Last-Modified")
	}
	switch resp.StatusCode {
	case http.StatusOK: // from the start, whatever was asked
		have, now.Total = 0, resp.ContentLength
	case http.StatusPartialContent:
		var from, to int64
		if _, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &now.Total); err != nil ||
			from != have || now.Total != was.Total && was.Total >= 0 ||
			now.Validator != "" && now.Validator != was.Validator {
			return 0, now, errChanged
		}
		now.Validator = was.Validator
	case http.StatusRequestedRangeNotSatisfiable:
		return 0, now, errChanged
	default:
		err := fmt.Errorf("the server answers %s", resp.Status)
		if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusRequestTimeout {
			return have, now, err
		}
		return have, now, finalError{err}
	}
	if src.Bytes > 0 && now.Total >= 0 && now.Total != src.Bytes {
		return have, now, finalError{fmt.Errorf("the server offers %d bytes: want %d; the file was replaced or this is another page", now.Total, src.Bytes)}
	}
	if now.Total < 0 && src.Bytes > 0 {
		now.Total = src.Bytes
	}
	if now.Total > d.most {
		return have, now, finalError{fmt.Errorf("the server offers %d bytes: want at most %d", now.Total, d.most)}
	}
	return have, now, nil
}

// forget removes a half-done file and its state.
func (d downloader) forget(part string) {
	wholefile.Remove(part)
	wholefile.Remove(part + ".json")
}

// unreachable words why a request got no answer. A name that does not exist is final.
func unreachable(host string, cause, err error) error {
	if cause != nil {
		err = cause
	}
	err = fmt.Errorf("%s cannot be reached (%w); check the network", host, err)
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return finalError{err}
	}
	return err
}
