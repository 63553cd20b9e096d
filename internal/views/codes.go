package views

// codes are the texts of dictionaries by their numbers, as far as a store was asked.
type codes map[string]map[string]uint32

// of is the code of a text in a dictionary; a text that has none is added.
func (c codes) of(r interface {
	Dict(name string, at int64) ([]string, error)
}, name, text string, add func(code uint32) error) (uint32, error) {
	m := c[name]
	if m == nil {
		all, err := r.Dict(name, Now)
		if err != nil {
			return 0, err
		}
		m = make(map[string]uint32, len(all))
		for i, t := range all {
			m[t] = uint32(i)
		}
		c[name] = m
	}
	if code, ok := m[text]; ok {
		return code, nil
	}
	code := uint32(len(m))
	if err := add(code); err != nil {
		return 0, err
	}
	m[text] = code
	return code, nil
}
