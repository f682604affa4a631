package torchfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Limits of a pickle. A checkpoint of ResNet-101 with Adam's state has 155 kB and 51,000 instructions.
const (
	maxPickle = 16 << 20 // bytes
	maxSteps  = 1 << 19  // instructions: each makes one value at most
)

// unpickler carries out one pickle's instructions.
type unpickler struct {
	in         *counted
	stack      []any
	marks      []int // heights of the stack
	memo       map[uint64]any
	persistent func(id any) (any, error) // what a persistent id stands for; nil: none may occur
	fileBytes  int64                     // what no tensor is larger than
	unknown    []global                  // asked for and not to be had, in order
	modules    []global                  // classes of networks that are pickled whole
	inert      map[global]bool           // types that only carry data, met and not read
	objects    []*object                 // of unknown classes
}

// counted is a reader that knows its place and ends at a limit.
type counted struct {
	*bufio.Reader
	at, limit int64
}

func (c *counted) ReadByte() (byte, error) {
	if c.at >= c.limit {
		return 0, io.ErrUnexpectedEOF
	}
	b, err := c.Reader.ReadByte()
	if err == nil {
		c.at++
	}
	return b, err
}

// take reads n bytes, which must be there.
func (c *counted) take(n uint64) ([]byte, error) {
	if n > uint64(c.limit-c.at) {
		return nil, fmt.Errorf("%d bytes are said to follow byte %d, at most %d do", n, c.at, c.limit-c.at)
	}
	b := make([]byte, n)
	m, err := io.ReadFull(c.Reader, b)
	c.at += int64(m)
	return b, err
}

// line reads up to the end of a line, which is cut off.
func (c *counted) line() (string, error) {
	var b []byte
	for {
		x, err := c.ReadByte()
		if err != nil {
			return "", err
		}
		if x == '\n' {
			return strings.TrimSuffix(string(b), "\r"), nil
		}
		if len(b) == 1<<16 {
			return "", errors.New("a line of more than 65536 bytes")
		}
		b = append(b, x)
	}
}

// newUnpickler reads from r, of which size bytes are left, at byte at of the file.
func newUnpickler(r *bufio.Reader, size, fileBytes int64) *unpickler {
	return &unpickler{in: &counted{Reader: r, limit: min(size, maxPickle)}, memo: map[uint64]any{}, inert: map[global]bool{}, fileBytes: fileBytes}
}

// load carries the instructions out until the last and returns the value they leave.
func (u *unpickler) load() (any, error) {
	for range maxSteps {
		at := u.in.at
		op, err := u.in.ReadByte()
		if err == nil && op == '.' {
			v, err := u.pop()
			if err != nil {
				return nil, err
			}
			return v, nil
		}
		if err == nil {
			err = u.step(op)
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			if u.in.limit == maxPickle {
				return nil, fmt.Errorf("its pickle has more than %d MiB: %s", maxPickle>>20, saveWeights)
			}
			return nil, fmt.Errorf("its pickle ends at byte %d before its last instruction: the file is cut short: fetch or save it again", u.in.at)
		case err != nil:
			return nil, fmt.Errorf("its pickle, byte %d: %w", at, err)
		}
	}
	return nil, fmt.Errorf("its pickle has more than %d instructions: %s", maxSteps, saveWeights)
}

var errStack = errors.New("an instruction finds too few values: the file is damaged or no file of torch.save: fetch or save it again")

func (u *unpickler) push(v any) error { u.stack = append(u.stack, v); return nil }

// floor is the height down to which values may be taken.
func (u *unpickler) floor() int {
	if n := len(u.marks); n > 0 {
		return u.marks[n-1]
	}
	return 0
}

func (u *unpickler) pop() (any, error) {
	if len(u.stack) <= u.floor() {
		return nil, errStack
	}
	v := u.stack[len(u.stack)-1]
	u.stack[len(u.stack)-1] = nil
	u.stack = u.stack[:len(u.stack)-1]
	return v, nil
}

// popN takes the n uppermost values, in the order they were pushed.
func (u *unpickler) popN(n int) ([]any, error) {
	if len(u.stack)-n < u.floor() {
		return nil, errStack
	}
	at := len(u.stack) - n
	values := append([]any(nil), u.stack[at:]...)
	clear(u.stack[at:])
	u.stack = u.stack[:at]
	return values, nil
}

// popMark takes what was pushed since the last mark.
func (u *unpickler) popMark() ([]any, error) {
	if len(u.marks) == 0 {
		return nil, errStack
	}
	values, err := u.popN(len(u.stack) - u.floor())
	u.marks = u.marks[:len(u.marks)-1]
	return values, err
}

func (u *unpickler) top() (any, error) {
	if len(u.stack) <= u.floor() {
		return nil, errStack
	}
	return u.stack[len(u.stack)-1], nil
}

// step carries out one instruction. Their names are those of Python's pickletools.
func (u *unpickler) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		v, err := u.in.ReadByte()
		if err == nil && v > 5 {
			err = fmt.Errorf("protocol %d of pickle is not known: want 0 to 5", v)
		}
		return err
	case 0x95: // FRAME
		_, err := u.in.take(8)
		return err
	case '(': // MARK
		u.marks = append(u.marks, len(u.stack))
		return nil
	case '0': // POP
		if n := len(u.marks); n > 0 && u.marks[n-1] == len(u.stack) {
			u.marks = u.marks[:n-1]
			return nil
		}
		_, err := u.pop()
		return err
	case '1': // POP_MARK
		_, err := u.popMark()
		return err
	case '2': // DUP
		v, err := u.top()
		if err != nil {
			return err
		}
		return u.push(v)
	case 'N': // NONE
		return u.push(nil)
	case 0x88: // NEWTRUE
		return u.push(true)
	case 0x89: // NEWFALSE
		return u.push(false)
	case 'I', 'L', 'F': // INT, LONG, FLOAT
		return u.decimal(op)
	case 'K', 'M', 'J', 'G', 0x8a, 0x8b: // BININT1, BININT2, BININT, BINFLOAT, LONG1, LONG4
		return u.number(op)
	case 'S', 'V': // STRING, UNICODE
		text, err := u.in.line()
		if err != nil {
			return err
		}
		if op == 'S' && len(text) >= 2 {
			text = text[1 : len(text)-1]
		}
		return u.push(text)
	case 'U', 'T', 'X', 0x8c, 0x8d: // SHORT_BINSTRING, BINSTRING, BINUNICODE, SHORT_BINUNICODE, BINUNICODE8
		b, err := u.bytes(map[byte]int{'U': 1, 'T': 4, 'X': 4, 0x8c: 1, 0x8d: 8}[op])
		if err != nil {
			return err
		}
		return u.push(string(b))
	case 'C', 'B', 0x8e, 0x96: // SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8
		b, err := u.bytes(map[byte]int{'C': 1, 'B': 4, 0x8e: 8, 0x96: 8}[op])
		if err != nil {
			return err
		}
		return u.push(b)
	case 'p', 'q', 'r', 0x94, 'g', 'h', 'j': // PUT, BINPUT, LONG_BINPUT, MEMOIZE, GET, BINGET, LONG_BINGET
		return u.remember(op)
	case ')', 't', 0x85, 0x86, 0x87, ']', 'l', '}', 'd', 0x8f, 0x91, 'a', 'e', 's', 'u', 0x90:
		return u.collect(op)
	case 'c', 0x93, 'R', 0x81, 0x92, 'i', 'o', 'b', 'P', 'Q':
		return u.construct(op)
	case 0x82, 0x83, 0x84: // EXT1, EXT2, EXT4
		return errors.New("it uses Python's registry of extensions, which no file of weights does")
	case 0x97, 0x98: // NEXT_BUFFER, READONLY_BUFFER
		return errors.New("it refers to a buffer outside of the file")
	}
	return fmt.Errorf("instruction 0x%02x is not known: the file is damaged or no file of torch.save: fetch or save it again", op)
}

// bytes reads a length of so many bytes and then that many.
func (u *unpickler) bytes(width int) ([]byte, error) {
	b, err := u.in.take(uint64(width))
	if err != nil {
		return nil, err
	}
	return u.in.take(little(b))
}

// little is an unsigned number of up to eight bytes, the least first.
func little(b []byte) uint64 {
	var eight [8]byte
	copy(eight[:], b)
	return binary.LittleEndian.Uint64(eight[:])
}

// remember stores the uppermost value under a number, or pushes what is stored.
func (u *unpickler) remember(op byte) error {
	var key uint64
	switch op {
	case 'p', 'g':
		text, err := u.in.line()
		if err == nil {
			key, err = strconv.ParseUint(text, 10, 32)
		}
		if err != nil {
			return fmt.Errorf("reference to the memo: %w", err)
		}
	case 0x94:
		key = uint64(len(u.memo))
	default:
		b, err := u.in.take(map[byte]uint64{'q': 1, 'h': 1, 'r': 4, 'j': 4}[op])
		if err != nil {
			return err
		}
		key = little(b)
	}
	if op == 'g' || op == 'h' || op == 'j' {
		v, ok := u.memo[key]
		if !ok {
			return fmt.Errorf("entry %d of the memo is not there", key)
		}
		return u.push(v)
	}
	v, err := u.top()
	u.memo[key] = v
	return err
}
