package audit

import (
	"fmt"
	"slices"

	"github.com/truce-project/truce/record"
)

// promise is a receipt, with the leaves that stand where it says.
type promise struct {
	name string
	record.Receipt
	leaves []record.Hash
}

// addReceipt takes a receipt into account.
func (a *auditor) addReceipt(name string, signed []byte) {
	err := strict(signed)
	var x record.Receipt
	if err == nil {
		x, err = record.OpenReceipt(signed, a.key.Name(), a.key)
	}
	if err != nil {
		a.r.Add(problem(OfReceipt, name, 0, "%v", err))
		return
	}
	a.receipts = append(a.receipts, &promise{name: name, Receipt: x})
}

// Moved is a receipt whose entry stands elsewhere than it says: it was acknowledged
// by a machine that had lost its tenure, and handed in again.
type Moved struct {
	Receipt string `json:"receipt"`
	Was     int64  `json:"was"`
	Now     int64  `json:"now"`
	Tenure  int64  `json:"tenure"` // the entry that says who writes from there on
}

func (a *auditor) sortReceipts() {
	a.stands = map[record.Hash]int64{}
	for _, x := range a.receipts {
		a.stands[x.Leaf] = -1
	}
	slices.SortStableFunc(a.receipts, func(x, y *promise) int { return int(min(max(x.Index-y.Index, -1), 1)) })
}

// promises holds a leaf against the receipts that speak of its place.
func (a *auditor) promises(i int64, leaf record.Hash) {
	if _, ok := a.stands[leaf]; ok {
		a.stands[leaf] = i
	}
	for len(a.receipts) > 0 && a.receipts[0].Index <= i {
		a.active, a.receipts = append(a.active, a.receipts[0]), a.receipts[1:]
	}
	a.active = slices.DeleteFunc(a.active, func(x *promise) bool {
		if i >= x.Index && i < x.Index+x.Count {
			x.leaves = append(x.leaves, leaf)
		}
		if int64(len(x.leaves)) < x.Count {
			return false
		}
		a.compareReceipt(x)
		return true
	})
}

func (a *auditor) compareReceipt(x *promise) {
	if record.RootOf(x.leaves) == x.Leaf {
		a.r.Receipts++
		return
	}
	a.broken = append(a.broken, x)
}

// brokenPromise says of a receipt that is not met at its place what that means; all
// of the log was seen. Of several entries at once the receipt names no single one.
func (a *auditor) brokenPromise(x *promise) {
	if a.wasMoved(x) {
		return
	}
	says := "promises entries that are not those which stand there: they were left out or changed, and the receipt, which the log signed, proves it"
	if t := a.tenureBefore(x.Index); t >= 0 && x.Count > 1 {
		says += fmt.Sprintf(" (or a machine acknowledged them that had lost its tenure by entry %d, and they stand elsewhere: look for them by their ids)", t)
	}
	a.r.Add(problem(OfReceipt, x.name, 0, "%s", says).touching(x.Index, x.Index+x.Count-1))
}

// tenureBefore is the first entry that says who writes, up to a place; -1 for none.
func (a *auditor) tenureBefore(i int64) int64 {
	if len(a.tenures) == 0 || a.tenures[0] > i {
		return -1
	}
	return a.tenures[0]
}

// wasMoved notes a receipt whose entry was handed in again after another machine had
// taken the log over.
func (a *auditor) wasMoved(x *promise) bool {
	t := a.tenureBefore(x.Index)
	if at, ok := a.stands[x.Leaf]; ok && t >= 0 && at > t && x.Count == 1 {
		a.r.Moved = append(a.r.Moved, Moved{x.name, x.Index, at, t})
		return true
	}
	return false
}

// unmet says of a receipt whose entries are in no checkpoint what that means.
func (a *auditor) unmet(x *promise) {
	if a.wasMoved(x) {
		return
	}
	if x.Index+x.Count <= a.cp.Size {
		a.r.skipped("%s: not all entries that it promises could be read", x.name)
		return
	}
	for i := x.Index + int64(len(x.leaves)); i < x.Index+x.Count; i++ {
		leaf, ok := a.waiting[i]
		if !ok {
			break
		}
		x.leaves = append(x.leaves, leaf)
	}
	switch {
	case int64(len(x.leaves)) == x.Count && record.RootOf(x.leaves) == x.Leaf:
		a.r.Awaiting++ // in the WAL: opening the record makes the checkpoint
	case int64(len(x.leaves)) == x.Count:
		a.compareReceipt(x)
	case slices.ContainsFunc(a.damaged, func(d Entries) bool { return x.Index <= d.Last && d.First < x.Index+x.Count }):
		a.r.skipped("%s: what it promises may be in the part of the WAL that is damaged", x.name)
	case a.o.Now.After(x.Due):
		a.r.Add(problem(OfReceipt, x.name, 0, "promises entries by %s, but the checkpoint of %d entries does not hold them: they were left out", x.Due.UTC().Format("2006-01-02T15:04:05Z"), a.cp.Size).touching(x.Index, x.Index+x.Count-1))
	default:
		a.r.Awaiting++
	}
}
