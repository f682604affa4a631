package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"reta/shared/topology"
)

// pairing says what a trial compares: n real features of a class with n others of it, or, where same, with themselves.
type pairing struct {
	n    int
	same bool
}

func (p pairing) String() string {
	return fmt.Sprint(p.n, map[bool]string{true: ", itself", false: ", another draw"}[p.same])
}

// pairings are the comparisons that so many images of a class allow.
func pairings(each int) []pairing {
	all := []pairing{{10, false}, {10, true}, {25, false}, {50, false}, {50, true}}
	return slices.DeleteFunc(all, func(p pairing) bool { return p.images() > each })
}

// images is how many of a class one comparison takes.
func (p pairing) images() int {
	if p.same {
		return p.n
	}
	return 2 * p.n
}

// trial is one comparison, all raw features: real [n], and syn [n] with its aims and blends row by row. pool is the
// whole class, seed its own.
type trial struct {
	seed            uint64
	real, syn, pool topology.Cloud
	aims            map[anchorKind]topology.Cloud
	blends          map[string]topology.Cloud
}

// draw is a random n of the class's images; equal seeds give equal draws.
func (t trial) draw(n, seed int) topology.Cloud {
	return taken(t.pool, rand.New(rand.NewPCG(t.seed, uint64(seed))).Perm(t.pool.N)[:n])
}

// study is a sample laid out in trials: for each pairing as many disjoint ones as every class allows.
type study struct {
	*sample
	pairings []pairing
	trials   map[pairing][]trial
}

func newStudy(s *sample) (*study, error) {
	st := &study{s, pairings(s.each), map[pairing][]trial{}}
	for c := range s.classes {
		pool, err := s.class(s.real, c)
		if err != nil {
			return nil, err
		}
		blends := map[string]topology.Cloud{}
		for name, features := range s.blends {
			if blends[name], err = s.class(features, c); err != nil {
				return nil, err
			}
		}
		order := rand.New(rand.NewPCG(uint64(c), 2)).Perm(pool.N)
		for _, p := range st.pairings {
			for at := 0; at+p.images() <= pool.N; at += p.images() {
				moved := order[at+p.images()-p.n:][:p.n]
				t := trial{
					seed: uint64(c*pool.N + at),
					pool: pool, real: taken(pool, order[at:at+p.n]), syn: taken(pool, moved),
					aims: map[anchorKind]topology.Cloud{}, blends: map[string]topology.Cloud{},
				}
				for _, kind := range anchorKinds {
					t.aims[kind] = taken(kind.aims(pool, c), moved)
				}
				for name, b := range blends {
					t.blends[name] = taken(b, moved)
				}
				st.trials[p] = append(st.trials[p], t)
			}
		}
	}
	return st, nil
}

// over makes one measurement of every trial of a pairing, side by side, in their order.
func over[T any](s *study, p pairing, measure func(trial) (T, error)) ([]T, error) {
	found := make([]T, len(s.trials[p]))
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range s.trials[p] {
		work.Go(func() (err error) {
			found[i], err = measure(t)
			return err
		})
	}
	return found, work.Wait()
}
