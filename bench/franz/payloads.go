package main

import "time"

// pool is slices of one piece of memory.
type pool struct {
	bytes []byte
	size  int
}

func (p pool) get(i int) []byte {
	o := i % (len(p.bytes) / p.size) * p.size
	return p.bytes[o : o+p.size : o+p.size]
}

type lcg uint32

func (x *lcg) next() int {
	*x = (*x*1103515245 + 12345) & 0x7fffffff
	return int(*x >> 16)
}

// payloads are the same text in every peer, so compression compares too: see peers/measure/src/payloads.rs.
func payloads(size int) pool {
	x := lcg(1)
	var words [256][]byte
	for i := range words {
		letters := 4 + x.next()%8
		for range letters {
			words[i] = append(words[i], 'a'+byte(x.next()%26))
		}
		words[i] = append(words[i], ' ')
	}
	n := max(8<<20, size*16)
	v := make([]byte, 0, n+16)
	for len(v) < n {
		v = append(v, words[x.next()%256]...)
	}
	return pool{v[:n], size}
}

// randomKeys are 65,536 keys of 16 letters, which come in turn.
func randomKeys() pool {
	x := lcg(7)
	v := make([]byte, 16<<16)
	for i := range v {
		v[i] = 'a' + byte(x.next()%26)
	}
	return pool{v, 16}
}

// pace lets rate records a second through, in lots of a millisecond.
type pace struct {
	from time.Time
	rate int
	due  int
}

func newPace(rate int) *pace { return &pace{time.Now(), rate, 0} }

func (p *pace) wait(i int) {
	for p.rate > 0 && i >= p.due {
		p.due = int(time.Since(p.from).Seconds() * float64(p.rate))
		if i >= p.due {
			time.Sleep(time.Millisecond)
		}
	}
}
