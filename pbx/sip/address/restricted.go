package address

import "strings"

// Anonymous tells whether an address says that its owner does not want to be
// named (RFC 3323 §4.1.1.3, and what switches write instead).
func (u URI) Anonymous() bool {
	return strings.EqualFold(u.Host, "anonymous.invalid") || !u.beginsAsNumber() && anonymousUser(u.Number())
}

// beginsAsNumber spares nearly all users a closer look: what begins so is no word.
func (u URI) beginsAsNumber() bool {
	return u.User != "" && (u.User[0] >= '0' && u.User[0] <= '9' || u.User[0] == '+' || u.User[0] == '*')
}

func anonymousUser(user string) bool {
	switch len(user) { // nearly all users are numbers
	case 7, 8, 9, 10:
		return strings.EqualFold(user, "anonymous") || strings.EqualFold(user, "restricted") ||
			strings.EqualFold(user, "private") || strings.EqualFold(user, "withheld") ||
			strings.EqualFold(user, "unknown")
	}
	return false
}

// AnonymousName tells whether a display name says so.
func AnonymousName(name string) bool {
	switch len(name) {
	case 7, 8, 9, 10:
		return strings.EqualFold(name, "anonymous") || strings.EqualFold(name, "restricted") ||
			strings.EqualFold(name, "withheld") || strings.EqualFold(name, "private")
	}
	return false
}

// Nobody tells whether a user part names no one, without anybody having asked
// for that: Asterisk writes "invalid" where it has no number.
func Nobody(user string) bool {
	switch len(user) {
	case 0, 1:
		return user == "" || user == "-"
	case 7, 11:
		return strings.EqualFold(user, "invalid") || strings.EqualFold(user, "unavailable")
	}
	return false
}
