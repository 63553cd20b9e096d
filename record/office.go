package record

// Kinds of entries about the offices of a mission.
const (
	KindMirror       = "mirror@1"
	KindOfficeRevoke = "office-revocation@1"
	KindTenure       = "tenure@1"
)

// OfficeRevokeEntry is the payload of office-revocation@1.
type OfficeRevokeEntry struct {
	Origin string `json:"origin" doc:"name of the log whose key is not trusted any more"`
	Size   int64  `json:"size" doc:"entries before it count; what stands later is kept aside"`
	Reason string `json:"reason" doc:"why, in words"`
}

// TenureEntry is the payload of tenure@1.
type TenureEntry struct {
	Holder string `json:"holder" doc:"name of the machine that writes from here on"`
	Size   int64  `json:"size" doc:"entries that it took over"`
	Asked  int64  `json:"asked" doc:"largest size that the witnesses which were asked had cosigned"`
	By     string `json:"by" doc:"who decided it: a person's name, or lease"`
	Reason string `json:"reason" doc:"why, in words"`
}

// officeKinds are the kinds about offices.
var officeKinds = []Kind{
	{Name: KindOfficeRevoke, Says: "The key of another office was stolen, or is not trusted for another reason. What its log holds before a place still counts; what stands later is kept, and taken into account by nobody until somebody has looked.",
		Payload: OfficeRevokeEntry{Origin: "example.org/south", Size: 4711, Reason: "the laptop was taken at a checkpoint on 2 April"}},
	{Name: KindTenure, Says: "Another machine writes this log from here on. It is written first of all by the machine that takes over; a witness that has cosigned it cosigns nothing that the machine before has written at the same place.",
		Payload: TenureEntry{Holder: "hq-standby", Size: 70000, Asked: 70000, By: "A. Petrenko, duty officer", Reason: "the server room is flooded"}},
}
