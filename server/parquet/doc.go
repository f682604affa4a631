// Package parquet reads and writes Parquet files of columns that are not
// repeated: what image sets need, and no more. It is written for files that
// nobody vouches for: memory is taken for what is there, never for what a count
// in the file says there is.
//
//	f, err := parquet.Open(r, size)
//	label := f.Find("label")
//	for g := range f.Groups {
//		err = f.Each(g, label, func(row int, v parquet.Value) error { ... })
//	}
//
// Read are columns of INT32, INT64 and BYTE_ARRAY, plain or by a dictionary, in
// data pages of version 1 and 2, as they are or packed with snappy, gzip or zstd:
// what Hugging Face's datasets, pyarrow, pandas, polars and DuckDB write for
// images and labels unless asked otherwise. Any other encoding is an error that
// names it. Columns of other types, and lists, are listed but cannot be read.
//
// Formats: https://github.com/apache/parquet-format (parquet.thrift, Encodings.md).
package parquet
