package page

import (
	"popbridge/configs"
	"popbridge/proxy/admin/desk"
)

// settingsPerPage is how many settings are shown at once.
const settingsPerPage = 300

// configurationView is what is in force.
type configurationView struct {
	desk.Configuration
	All   bool // defaults are shown too
	Total int
	From  int // the first setting that is shown, counted from 1
	Next  int // where the next part begins; 0: there is none
}

func loadConfiguration(v *visit) (any, error) {
	c := configurationView{All: v.get("all") != ""}
	var err error
	if c.Configuration, err = v.desk.Configuration(v.Context()); err != nil {
		return nil, err
	}
	if !c.All {
		kept := []configs.Setting{}
		for _, s := range c.Settings {
			if !s.IsDefault() {
				kept = append(kept, s)
			}
		}
		c.Settings = kept
	}
	c.Total = len(c.Settings)
	begin := min(int(v.number("from")), c.Total)
	end := min(begin+settingsPerPage, c.Total)
	if c.From = begin + 1; end < c.Total {
		c.Next = end
	}
	c.Settings = c.Settings[begin:end]
	return c, nil
}
