package web

import (
	"net/http"

	"reta/shared/event"
)

// sendMetrics answers with everything that is counted or measured, for Prometheus.
func (s *Server) sendMetrics(w http.ResponseWriter) {
	e := &exposition{}
	e.gauge("reta_build_info", "Version of the program.", of(1, "version", s.options.Build))
	s.hub.runMetrics(e)
	s.hub.viewerMetrics(e)
	s.places.metrics(e)
	s.traffic.metrics(e)
	s.recorded.Lock()
	source := s.recorded.source
	s.recorded.Unlock()
	if source != nil {
		index := source.Index()
		e.gauge("reta_recording_bytes", "Size of the run's recording.", of(index.Size()))
		e.gauge("reta_recording_records", "Records in it.", of(index.Len()))
	}
	processMetrics(e)
	w.Header().Set("Content-Type", expositionType)
	w.Write(e.Bytes())
}

// runMetrics adds the state of the run: what it is, does, has done and has in memory.
func (h *Hub) runMetrics(e *exposition) {
	s := h.Summary()
	h.mu.Lock()
	messages, published := h.messages, h.published
	h.mu.Unlock()
	e.gauge("reta_run_info", "The run.", of(1, "run", s.Hello.Run, "recipe", s.Hello.Recipe, "dataset", s.Hello.Dataset, "device", s.Hello.Device, "driver", s.Hello.Driver))
	var status event.Status
	if s.Status != nil {
		status = *s.Status
	}
	var states []sample
	for _, state := range event.States() {
		is := 0
		if state == status.State {
			is = 1
		}
		states = append(states, of(is, "state", string(state)))
	}
	e.gauge("reta_run_state", "1 for the state that the run is in, 0 for the others.", states...)
	if status.Phase != "" {
		e.gauge("reta_phase_done", "Work done of the phase, in its own unit: steps, images, bytes.", of(status.Done, "phase", status.Phase))
		e.gauge("reta_phase_planned", "Work of the whole phase, in the same unit.", of(status.Total, "phase", status.Phase))
	}
	e.counter("reta_steps_total", "Optimisation steps of recovery that were published, those before an interruption included.", of(s.Points))
	e.gauge("reta_step", "Step that the run is at.", of(status.Step))
	e.gauge("reta_steps_planned", "Steps of the whole run.", of(s.Hello.Steps))
	e.gauge("reta_stage", "Stage that the run is in.", of(status.Stage))
	e.gauge("reta_steps_per_second", "Speed, 0 where nothing is measured.", of(status.StepsPerSecond))
	e.gauge("reta_remaining_seconds", "Time that the phase is expected to take yet.", of(status.ETASeconds))
	e.gauge("reta_images", "Synthetic images of the run.", of(s.Hello.IPC*len(s.Hello.Classes)))
	if p := s.Metrics; p != nil {
		e.gauge("reta_loss", "Newest losses of recovery.", of(p.CE, "term", "cross_entropy"), of(p.BN, "term", "batch_norm"),
			of(p.Topo, "term", "topology"), of(p.Total, "term", "total"))
		e.gauge("reta_learning_rate", "Newest learning rate of recovery.", of(p.LR))
	}
	if p := s.Squeeze; p != nil {
		e.gauge("reta_training_loss", "Newest loss of a teacher's training.", of(p.Loss))
		e.gauge("reta_training_epoch", "Its epoch.", of(p.Epoch))
	}
	e.gauge("reta_device_memory_used_bytes", "Device memory in use.", of(status.MemoryBytes))
	e.gauge("reta_device_memory_bytes", "Memory that the device has.", of(s.Hello.DeviceMemory))
	e.counter("reta_log_messages_total", "Lines of the run's log.", of(messages[event.Info], "level", "info"),
		of(messages[event.Warning], "level", "warning"), of(messages[event.Error], "level", "error"))
	if !published.IsZero() {
		e.gauge("reta_last_event_timestamp_seconds", "When the run last published anything, in seconds since 1970.", of(float64(published.UnixMilli())/1e3))
	}
}

// viewerMetrics adds who looks on, and what waits.
func (h *Hub) viewerMetrics(e *exposition) {
	h.mu.Lock()
	control, view, waiting := 0, 0, 0
	for c := range h.clients {
		if c.control {
			control++
		} else {
			view++
		}
		for _, q := range c.dirty {
			waiting += len(q.keys)
		}
	}
	queue, bytes := len(h.controls), h.bytes
	h.mu.Unlock()
	e.gauge("reta_viewers", "Pages that are connected.", of(control, "scope", "control"), of(view, "scope", "view"))
	e.gauge("reta_viewers_max", "Pages that may be connected at once.", of(MaxClients))
	e.gauge("reta_viewer_queue_items", "Pictures and states that viewers are yet to be sent.", of(waiting))
	e.gauge("reta_control_queue_requests", "Controls that wait for the run.", of(queue))
	e.gauge("reta_published_bytes", "Memory that pictures and states for viewers take.", of(bytes))
}

func (p *places) metrics(e *exposition) {
	p.mu.Lock()
	open := len(p.open)
	p.mu.Unlock()
	e.gauge("reta_connections", "Connections that are open.", of(open))
	e.gauge("reta_connections_max", "Connections that may be open at once.", of(p.most))
}
