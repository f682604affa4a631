package report

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"
)

// TensorBoard's files: records in TFRecord's frame, each an Event of tensorflow/core/util/event.proto with a Summary of
// tensorflow/core/framework/summary.proto. Only the fields that are written are here.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord frames data: its length, a checksum of the length, the data, a checksum of the data.
func appendRecord(b, data []byte) []byte {
	at := len(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, maskedSum(b[at:]))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, maskedSum(data))
}

// maskedSum is a CRC32C, rotated and shifted so that a checksum of data that holds checksums differs from theirs.
func maskedSum(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// appendVersion is the record that every file begins with.
func appendVersion(b []byte, at time.Time) []byte {
	return appendRecord(b, appendBytes(appendDouble(nil, 1, seconds(at)), 3, []byte("brain.Event:2")))
}

// appendSummary is a record of values at a step; of none there is none.
func appendSummary(b []byte, at time.Time, step int, values []byte) []byte {
	if len(values) == 0 {
		return b
	}
	e := appendDouble(nil, 1, seconds(at))
	if step != 0 { // protocol buffers leave zeros out
		e = appendVarint(e, 2, uint64(step))
	}
	return appendRecord(b, appendBytes(e, 5, values))
}

// scalarValue is a number as a field of a Summary.
func scalarValue(tag string, v float32) []byte {
	value := appendBytes(nil, 1, []byte(tag))
	value = binary.AppendUvarint(value, 2<<3|fixed32)
	value = binary.LittleEndian.AppendUint32(value, math.Float32bits(v))
	return appendBytes(nil, 1, value)
}

// imageValue is a picture of RGBA as a field of a Summary.
func imageValue(tag string, width, height int, png []byte) []byte {
	const rgba = 4
	m := appendVarint(nil, 1, uint64(height))
	m = appendVarint(m, 2, uint64(width))
	m = appendVarint(m, 3, rgba)
	m = appendBytes(m, 4, png)
	return appendBytes(nil, 1, appendBytes(appendBytes(nil, 1, []byte(tag)), 4, m))
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// The wire types of protocol buffers.
const (
	varint  = 0
	fixed64 = 1
	length  = 2
	fixed32 = 5
)

func appendVarint(b []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3|varint), v)
}

func appendDouble(b []byte, field int, v float64) []byte {
	return binary.LittleEndian.AppendUint64(binary.AppendUvarint(b, uint64(field)<<3|fixed64), math.Float64bits(v))
}

func appendBytes(b []byte, field int, data []byte) []byte {
	b = binary.AppendUvarint(b, uint64(field)<<3|length)
	return append(binary.AppendUvarint(b, uint64(len(data))), data...)
}
