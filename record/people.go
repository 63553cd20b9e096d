package record

// Kinds of entries about people. None holds a secret: passwords, seeds and
// tokens are never in a record.
const (
	KindAccount      = "account@1"
	KindGrant        = "grant@1"
	KindToken        = "token@1"
	KindAccess       = "access@1"
	KindNote         = "note@1"
	KindSubscription = "subscription@1"
)

// AccountEntry is the payload of account@1. The account's key is introduced by a
// key@1 entry that names nobody, so that erasing this payload leaves a number.
type AccountEntry struct {
	Account string `json:"account" doc:"id of the account, the same for ever"`
	Name    string `json:"name" doc:"by which it signs in"`
	Title   string `json:"title,omitempty" doc:"for people: whose it is"`
	Key     string `json:"key" doc:"id of the key that signs what the account writes"`
	State   string `json:"state" doc:"active or closed"`
	Reason  string `json:"reason,omitempty" doc:"why, in words"`
}

// GrantEntry is the payload of grant@1.
type GrantEntry struct {
	Account   string `json:"account" doc:"who gets the role"`
	Role      string `json:"role" doc:"as in docs/rights.md; an account has one"`
	Party     string `json:"party,omitempty" doc:"that a delegate speaks for"`
	Withdrawn bool   `json:"withdrawn,omitempty" doc:"whether the role is taken away"`
	Reason    string `json:"reason,omitempty" doc:"why, in words"`
}

// TokenEntry is the payload of token@1.
type TokenEntry struct {
	Token     string   `json:"token" doc:"public id of the token; its secret is nowhere"`
	Account   string   `json:"account" doc:"in whose name it acts"`
	Name      string   `json:"name,omitempty" doc:"for people: what it is for"`
	Scopes    []string `json:"scopes" doc:"ACTION or ACTION:THING, as in docs/rights.md"`
	Until     string   `json:"until" doc:"when it ends, RFC 3339"`
	Withdrawn bool     `json:"withdrawn,omitempty" doc:"whether it ended before"`
}

// SubscriptionEntry is the payload of subscription@1. Where it goes and what it asks
// for are kept apart, as secrets are.
type SubscriptionEntry struct {
	Subscription string `json:"subscription" doc:"its id"`
	Account      string `json:"account" doc:"whose it is; it tells what this account may see, and never more"`
	Sort         string `json:"sort" doc:"alert or digest"`
	By           string `json:"by" doc:"mail or webhook"`
	State        string `json:"state" doc:"waiting (until the address is confirmed), active, paused or withdrawn"`
}

// AccessEntry is the payload of access@1, a link in the chain of custody.
type AccessEntry struct {
	Action  string   `json:"action" doc:"read, answer, erase, ..., as in docs/rights.md"`
	Thing   string   `json:"thing" doc:"what kind of thing"`
	What    []string `json:"what" doc:"their ids"`
	Party   string   `json:"party,omitempty" doc:"whose they are, if one party's"`
	Token   string   `json:"token,omitempty" doc:"id of the token that was used"`
	Purpose string   `json:"purpose,omitempty" doc:"what for, in words"`
}

// NoteEntry is the payload of note@1.
type NoteEntry struct {
	Note  string `json:"note" doc:"its words"`
	Party string `json:"party" doc:"whose it is"`
}

// peopleKinds are the kinds about people.
var peopleKinds = []Kind{
	{Name: KindAccount, Says: "There is an account, or it changed, or it is closed. It counts where its author keeps accounts.",
		Payload: AccountEntry{Account: "A-7K3F9Q2M", Name: "hub-north", Title: "Watchkeeper, northern hub", Key: "9d61b19deffd5a60ba844af492ec2cc4", State: "active"}},
	{Name: KindGrant, Says: "An account gets a role, or loses it. By an administrator it waits for a chair, where the role reads what is confidential.",
		Payload: GrantEntry{Account: "A-7K3F9Q2M", Role: "delegate", Party: "ALFA", Reason: "letter of accreditation of 1 March"}},
	{Name: KindToken, Says: "A token of an account for programs, with what it is good for.",
		Payload: TokenEntry{Token: "T4XJ0Q8W", Account: "A-7K3F9Q2M", Name: "camera 12", Scopes: []string{"submit:report"}, Until: "2030-06-01T00:00:00Z"}},
	{Name: KindSubscription, Says: "Somebody is told of what is new, or is told no more: an alert by rule, or a digest.",
		Payload: SubscriptionEntry{Subscription: "S-7K3F9Q2M", Account: "A-7K3F9Q2M", Sort: "alert", By: "mail", State: "active"}},
	{Name: KindNote, Says: "A party notes something for itself. Nobody else reads it.", Refs: []Relation{About}, Blobs: true,
		Payload: NoteEntry{Note: "ask for the second photograph", Party: "ALFA"}},
	{Name: KindAccess, Says: "Somebody opened what is restricted: a link in the chain of custody. It stands before what it speaks of was shown.", Refs: []Relation{About},
		Payload: AccessEntry{Action: "read", Thing: "evidence", What: []string{"01JQ6Z3V9K0000000000000000"}, Purpose: "verification of KHA-4F7Q"}},
}
