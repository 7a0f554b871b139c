package service

// Alive reports whether the service can take a device's connection: its server answers,
// and a listener is open. It blocks where the server does not answer any more. The
// ledger and the upstreams are not asked: a restart would mend neither.
func (s *Service) Alive() bool { return len(s.server.Addresses()) > 0 }
