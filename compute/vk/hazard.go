package vk

// hazards finds where a recorded program needs a barrier. It holds the ranges
// read and written since the last one; an operation waits only if it would
// read what was written (RAW), or write what was read (WAR) or written (WAW).
// A barrier covers everything before it, so both lists start anew.
type hazards struct {
	reads, writes []touched
	stages        uint32 // that touched something since the last barrier
}

type touched struct {
	block    *block
	from, to int64
}

const (
	stageCompute  = 0x800  // VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT
	stageTransfer = 0x1000 // VK_PIPELINE_STAGE_TRANSFER_BIT
)

// add notes what an operation of the given stage touches, and returns the
// stages it has to wait for, 0 for none.
func (h *hazards) add(stage uint32, args []Arg) (wait uint32) {
	for _, a := range args {
		t := a.touches()
		if overlaps(h.writes, t) || a.Access&Write != 0 && overlaps(h.reads, t) {
			wait = h.stages
			h.reads, h.writes, h.stages = h.reads[:0], h.writes[:0], 0
			break
		}
	}
	h.stages |= stage
	for _, a := range args {
		if a.Access&Write != 0 {
			h.writes = append(h.writes, a.touches())
		} else {
			h.reads = append(h.reads, a.touches())
		}
	}
	return wait
}

func (a Arg) touches() touched {
	from := a.Buffer.at + a.Offset
	return touched{a.Buffer.block, from, from + a.Bytes}
}

func overlaps(list []touched, t touched) bool {
	for _, x := range list {
		if x.block == t.block && x.from < t.to && t.from < x.to {
			return true
		}
	}
	return false
}
