package manual

import "popbridge/configs"

// preamble is what holds for the whole configuration, as both references begin.
const preamble = `The configuration of popbridge is one file in HCL or YAML, or a folder whose files are read in order of name. The file name's ending tells the language: .hcl, .yaml or .yml. Without --config, a command reads the file named by $POPBRIDGE_CONFIG, else /etc/popbridge/popbridge.hcl, .yaml or .yml.

"popbridge init" writes a first file, "popbridge check" reports every mistake in one, "popbridge config show" prints the values in force and where each comes from, and "popbridge config example" prints a complete file.

Durations are numbers with ms, s, m or h, such as "90s" or "10m". Sizes are in octets, or in KB, MB and GB of 1024, 1024² and 1024³ octets. Networks are written "10.0.0.0/8".

Any key can also be set by an environment variable, which overrides the file: POPBRIDGE_LOG_LEVEL is log.level, POPBRIDGE_UPSTREAM_MAIL_ADDRESS is the address of the upstream "mail", POPBRIDGE_ROUTE_0_USER is user in the first route. Every key that names a file accepts ${CREDENTIALS_DIRECTORY}/NAME, for systemd's LoadCredential.`

// smallest is the least that serves a device.
const smallest = `listener:
  pop3:
    address: ":110"
    plaintext_auth: true
upstream:
  mail:
    address: "imap.example.org:993"
`

// configurationPage is popbridge.conf(5).
func configurationPage(date string) string {
	r := newRoff("popbridge.conf", "5", date)
	r.name("popbridge.conf", "the configuration of popbridge")
	r.heading("DESCRIPTION")
	r.text(preamble)
	for _, b := range configs.Declarations() {
		r.heading(`"THE ` + b.Name + ` BLOCK"`)
		r.text(b.Meaning)
		r.WriteString(".PP\n")
		r.lines(b.Shape)
		r.keys("", b.Keys)
	}
	r.heading("EXAMPLES")
	r.text("A server that accepts each device's own password, and devices on the local network:")
	r.WriteString(".PP\n")
	r.verbatim(smallest)
	r.heading("FILES")
	r.entry("/etc/popbridge/popbridge.yaml", "", "The configuration, or popbridge.hcl. Its mode is 0640 and its owner root:popbridge, and so it should be for files with secrets.")
	r.seeAlso([]string{"popbridge(1)", "popbridge-init(1)", "popbridge-check(1)", "popbridge-config(1)"})
	return r.String()
}

// keys explains keys; those of a block within a block stand with its name.
func (r *roff) keys(within string, keys []configs.Key) {
	for _, k := range keys {
		r.entry(within+k.Name, "", k.Meaning)
		if k.Facts != "" {
			r.WriteString(".br\n")
			r.lines(k.Facts)
		}
		r.keys(within+k.Name+".", k.Keys)
	}
}
