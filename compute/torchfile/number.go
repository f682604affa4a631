package torchfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// decimal reads a number in digits.
func (u *unpickler) decimal(op byte) error {
	text, err := u.in.line()
	if err != nil {
		return err
	}
	switch {
	case op == 'I' && text == "00":
		return u.push(false)
	case op == 'I' && text == "01":
		return u.push(true)
	case op == 'F':
		v, err := strconv.ParseFloat(text, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return fmt.Errorf("%.40q is no number", text)
		}
		return u.push(v)
	}
	v, err := strconv.ParseInt(strings.TrimSuffix(text, "L"), 10, 64)
	if err != nil {
		return fmt.Errorf("%.40q is no number of at most 64 bits", text)
	}
	return u.push(v)
}

// number reads a number in bytes.
func (u *unpickler) number(op byte) error {
	width := map[byte]int{'K': 1, 'M': 2, 'J': 4, 'G': 8, 0x8a: 1, 0x8b: 4}[op]
	b, err := u.in.take(uint64(width))
	if err != nil {
		return err
	}
	switch op {
	case 'K', 'M':
		return u.push(int64(little(b)))
	case 'J':
		return u.push(int64(int32(little(b))))
	case 'G':
		return u.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
	}
	// an integer of any length, two's complement
	digits, err := u.in.take(little(b))
	if err != nil {
		return err
	}
	if n := len(digits); n > 8 {
		if n > 16 {
			return fmt.Errorf("an integer of %d bytes: want at most 16", n)
		}
		return u.push(bigOf(digits))
	} else if n > 0 && digits[n-1] >= 0x80 {
		for len(digits) < 8 {
			digits = append(digits, 0xff)
		}
	}
	return u.push(int64(little(digits)))
}

// bigOf is an integer that 64 bits do not hold, as text: the magic number of files from before PyTorch 1.6 is one.
func bigOf(digits []byte) string {
	v := new(big.Int)
	for i := len(digits) - 1; i >= 0; i-- {
		v.Lsh(v, 8).Or(v, big.NewInt(int64(digits[i])))
	}
	if digits[len(digits)-1] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(digits))))
	}
	return v.String()
}
