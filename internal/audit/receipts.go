package audit

import (
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

func (a *auditor) sortReceipts() {
	slices.SortStableFunc(a.receipts, func(x, y *promise) int { return int(min(max(x.Index-y.Index, -1), 1)) })
}

// promises holds a leaf against the receipts that speak of its place.
func (a *auditor) promises(i int64, leaf record.Hash) {
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
	a.r.Add(problem(OfReceipt, x.name, 0, "promises entries that are not those which stand there: they were left out or changed, and the receipt, which the log signed, proves it").touching(x.Index, x.Index+x.Count-1))
}

// unmet says of a receipt whose entries are in no checkpoint what that means.
func (a *auditor) unmet(x *promise) {
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
