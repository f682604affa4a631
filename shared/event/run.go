package event

// Hello opens every connection and every log: who speaks, and about which run.
type Hello struct {
	Major        int      `cbor:"1,keyasint"`
	Minor        int      `cbor:"2,keyasint"`
	Build        string   `cbor:"3,keyasint,omitempty"` // version of the server
	Run          string   `cbor:"4,keyasint,omitempty"` // name of the run
	Recipe       string   `cbor:"5,keyasint,omitempty"`
	Dataset      string   `cbor:"6,keyasint,omitempty"`
	Classes      []string `cbor:"7,keyasint,omitempty"` // class c is called Classes[c]
	IPC          int      `cbor:"8,keyasint,omitempty"` // images per class
	Width        int      `cbor:"9,keyasint,omitempty"` // of the finished images, pixels
	Height       int      `cbor:"10,keyasint,omitempty"`
	Steps        int      `cbor:"11,keyasint,omitempty"` // optimisation steps of the run, B
	Stages       int      `cbor:"12,keyasint,omitempty"` // k+1
	Capabilities []string `cbor:"13,keyasint,omitempty"` // see Cap constants
	Device       string   `cbor:"14,keyasint,omitempty"` // what computes
	Control      bool     `cbor:"15,keyasint,omitempty"` // this viewer may send Control
	Driver       string   `cbor:"20,keyasint,omitempty"` // name and version of the device's driver
	DeviceMemory int64    `cbor:"21,keyasint,omitempty"` // bytes of the device's own memory
}

// Capabilities a server may have.
const (
	CapControl = "control" // it answers Control
	CapReplay  = "replay"  // it plays a finished run
)

// State is what a run is doing.
type State string

// The states of a run.
const (
	Loading     State = "loading"
	Squeezing   State = "squeezing"
	Recovering  State = "recovering"
	Relabelling State = "relabelling"
	Evaluating  State = "evaluating"
	Paused      State = "paused"
	Done        State = "done"
	Failed      State = "failed"
)

// States lists them in the order that a run goes through them.
func States() []State {
	return []State{Loading, Squeezing, Recovering, Relabelling, Evaluating, Paused, Done, Failed}
}

// Status is the present state of the run. Newest wins.
type Status struct {
	State          State   `cbor:"1,keyasint"`
	Text           string  `cbor:"2,keyasint,omitempty"` // one line for people
	Phase          string  `cbor:"3,keyasint,omitempty"` // squeeze, recover, ... : what Done and Total count
	Done           int     `cbor:"4,keyasint,omitempty"`
	Total          int     `cbor:"5,keyasint,omitempty"`
	StepsPerSecond float32 `cbor:"6,keyasint,omitempty"`
	ETASeconds     float32 `cbor:"7,keyasint,omitempty"`
	MemoryBytes    int64   `cbor:"8,keyasint,omitempty"` // device memory in use
	Stage          int     `cbor:"9,keyasint,omitempty"`
	Step           int     `cbor:"10,keyasint,omitempty"`
}

// Level of a Log line.
type Level uint8

// The levels.
const (
	Info Level = iota
	Warning
	Error
)

// Log is one line of the run's diary.
type Log struct {
	Level Level  `cbor:"1,keyasint,omitempty"`
	Text  string `cbor:"2,keyasint"`
	Unix  int64  `cbor:"3,keyasint,omitempty"` // milliseconds since 1970
}

// Result ends a run that came through.
type Result struct {
	Path     string  `cbor:"1,keyasint,omitempty"` // folder of the exported images
	Images   int     `cbor:"2,keyasint,omitempty"`
	CEBefore float32 `cbor:"3,keyasint,omitempty"` // mean cross-entropy of the un-augmented images under the teacher
	CEAfter  float32 `cbor:"4,keyasint,omitempty"`
	BNBefore float32 `cbor:"5,keyasint,omitempty"` // L_BN
	BNAfter  float32 `cbor:"6,keyasint,omitempty"`
	Seconds  float32 `cbor:"7,keyasint,omitempty"`
}

// Kind numbers.
func (Hello) Kind() Kind  { return KindHello }
func (Status) Kind() Kind { return KindStatus }
func (Log) Kind() Kind    { return KindLog }
func (Result) Kind() Kind { return KindResult }

func (s Status) at() int { return s.Step }

func (Status) placed() {} // the last one of a run names no step
func (Log) joins()     {}

func init() {
	register[Hello]("hello", TopicNone)
	register[Status]("status", TopicStatus)
	register[Log]("log", TopicEvents)
	register[Result]("result", TopicEvents)
}
