package configs

func (r *reading) check(*Config) {}
