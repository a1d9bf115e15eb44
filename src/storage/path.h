// storage/path.h: one spelling for each place.
//
// Tables written by others name a file as "/p", "file:/p", "file:///p" or percent-encoded; a store knows only the
// canonical form: an absolute local path without "." or "..", or "scheme://authority/key" for everything else.
// Pure functions; nothing here touches a store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tarn::storage {

// "%20" -> " ". A '%' that two hex digits do not follow stays as it is.
std::string PercentDecode(std::string_view text);
// What a Delta log writes for a relative path: everything but unreserved characters, '/', '=', ':' … is encoded.
std::string PercentEncode(std::string_view path);
// The same with other bytes left alone: letters, digits and those in `plain`.
std::string PercentEncode(std::string_view text, std::string_view plain);
// "a//b" -> {"a", "", "b"}
std::vector<std::string> SplitPath(std::string_view path);

// "scheme" of "scheme:…" in lower case, or "" for a plain path.
std::string_view SchemeOf(std::string_view text);

// The canonical form of what a user or a setting names: an absolute path, a relative one (against the process's
// working directory) or a URI. Plain paths are taken literally; only URIs are percent-decoded.
// Errors: kInvalidInput for an empty path or a URI without a path.
Result<std::string> CanonicalPath(std::string_view text);

// `directory`/`name` with exactly one slash.
std::string JoinPath(std::string_view directory, std::string_view name);

// What `path` is called below `directory`. REQUIRES: both are canonical, and it lies there.
std::string RelativePath(std::string_view directory, std::string_view path);

// Where the file of an add, remove or sidecar action lies. `action_path` is percent-encoded, relative to
// `table_root` (canonical) or absolute (shallow clones).
// Errors: kCorrupt [DELTA_CORRUPT_LOG] for a relative path that climbs out of the table with "..".
Result<std::string> ResolveActionPath(std::string_view table_root, std::string_view action_path);

// Whether `action_path` is its own identity: relative and plain, as nearly every writer leaves it. May say no for one that is.
bool IsPlainActionPath(std::string_view action_path);
// The identity of an action's path in log replay: decoded, and relative to the root when the file lies inside it.
std::string ActionPathKey(std::string_view table_root, std::string_view action_path);

}  // namespace tarn::storage
