package protocol

import (
	"slices"

	"reta/shared/setting"
)

type table = setting.Table[Protocol]

// Settings has a row for every setting, by its name in --set, config files and docs: "student.lr".
var Settings = slices.Concat(labelRows, studentRows, testRows)
