//go:build js

package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"syscall/js"
)

// fetch asks the server the page came from for a file, or for length bytes of it from an offset on; length 0 asks for all.
// It waits for the answer: never call it where frames are made.
func fetch(address string, offset, length int64) ([]byte, error) {
	options := map[string]any{"credentials": "same-origin"}
	if length > 0 {
		options["headers"] = map[string]any{"Range": fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)}
	}
	name, _, _ := strings.Cut(address, "?")
	answer, err := await(js.Global().Call("fetch", address, options))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	status := answer.Get("status").Int()
	if status != 200 && status != 206 {
		words, _ := await(answer.Call("text"))
		text := ""
		if s := words.String(); words.Type() == js.TypeString && len(s) < 400 && !strings.Contains(s, "<") { // in words, not a page
			text = ": " + strings.TrimSpace(s)
		}
		return nil, fmt.Errorf("%s: status %d%s", name, status, text)
	}
	buffer, err := await(answer.Call("arrayBuffer"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	content := js.Global().Get("Uint8Array").New(buffer)
	if length > 0 && status == 200 { // a server that knows no ranges sent all of it
		end := min(int(offset+length), content.Length())
		content = content.Call("subarray", min(int(offset), end), end)
	}
	data := make([]byte, content.Length())
	js.CopyBytesToGo(data, content)
	return data, nil
}

// sizeOf asks for the size of a file that can be had in parts, 0 if it cannot.
func sizeOf(address string) int64 {
	answer, err := await(js.Global().Call("fetch", address, map[string]any{"method": "HEAD", "credentials": "same-origin"}))
	if err != nil || answer.Get("status").Int() != 200 {
		return 0
	}
	header := func(name string) string {
		if v := answer.Get("headers").Call("get", name); v.Type() == js.TypeString {
			return v.String()
		}
		return ""
	}
	size, err := strconv.ParseInt(header("Content-Length"), 10, 64)
	if err != nil || header("Accept-Ranges") != "bytes" || header("Content-Encoding") != "" {
		return 0
	}
	return size
}

// await waits for a promise.
func await(promise js.Value) (js.Value, error) {
	type result struct {
		value js.Value
		err   error
	}
	done := make(chan result, 1)
	ok := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- result{value: args[0]}
		return nil
	})
	bad := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- result{err: errors.New(args[0].Call("toString").String())}
		return nil
	})
	defer ok.Release()
	defer bad.Release()
	promise.Call("then", ok, bad)
	r := <-done
	return r.value, r.err
}

// remote is a file of the server that is read piece by piece. It only grows: what was read stays true.
type remote struct {
	address string

	mu     sync.Mutex
	size   int64
	blocks map[int64][]byte // by number
	order  []int64          // oldest first
}

// A block of a remote file, and how many are kept.
const (
	blockSize = 1 << 20
	blockMost = 96
)

func newRemote(address string) *remote { return &remote{address: address, blocks: map[int64][]byte{}} }

// grow reports that the file has at least size bytes now.
func (r *remote) grow(size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.size = max(r.size, size)
}

// ReadAt implements io.ReaderAt.
func (r *remote) ReadAt(p []byte, offset int64) (int, error) {
	n := 0
	for n < len(p) {
		at := offset + int64(n)
		block, err := r.block(at/blockSize, at%blockSize+min(int64(len(p)-n), blockSize-at%blockSize))
		if err != nil {
			return n, err
		}
		if at%blockSize >= int64(len(block)) {
			return n, io.EOF
		}
		n += copy(p[n:], block[at%blockSize:])
	}
	return n, nil
}

// fillMost bounds the files that are read whole, in bytes.
const fillMost = 64 << 20

// fill reads what is still missing, so that nothing of the file needs the network any more. It waits for the answers, and
// gives up at the first failure: whoever needs that block asks again.
func (r *remote) fill() {
	r.mu.Lock()
	size := r.size
	r.mu.Unlock()
	for at := int64(0); at < size; at += blockSize {
		if _, err := r.block(at/blockSize, min(blockSize, size-at)); err != nil {
			return
		}
	}
}

// block gives a block with at least its first need bytes, if the file has them.
func (r *remote) block(number, need int64) ([]byte, error) {
	r.mu.Lock()
	have, size := r.blocks[number], r.size
	r.mu.Unlock()
	if int64(len(have)) >= need {
		return have, nil
	}
	length := min(int64(blockSize), size-number*blockSize)
	if length <= int64(len(have)) {
		return have, nil
	}
	data, err := fetch(r.address, number*blockSize, length)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.blocks[number] == nil {
		r.order = append(r.order, number)
	}
	r.blocks[number] = data
	for len(r.order) > blockMost {
		delete(r.blocks, r.order[0])
		r.order = r.order[1:]
	}
	return data, nil
}
