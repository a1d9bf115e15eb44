// secrets/redaction.h: no value that this process took out of a secret store is printed by it.
//
// One list for the process. Where text leaves it (results, errors, plans, notes), the text goes through Redact: each
// value on the list, also in its forms as JSON text, hex and base64, becomes [REDACTED]. Other transformations (reverse,
// pieces of it) are beyond what can be recognised, as they are in Databricks.
// Threads: any. Cost: one atomic read as long as no secret was used; then a search of the text for each value.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace tarn::secrets {

inline constexpr std::string_view kRedacted = "[REDACTED]";

// Puts a value on the list; an empty one is nothing to hide.
void Hide(std::string_view value);
// Whether there is anything on the list.
bool AnythingHidden();
// Replaces what is on the list in `text`, from byte `from` on.
void Redact(std::string &text, size_t from = 0);
std::string Redacted(std::string text);
Error Redacted(Error error);

}  // namespace tarn::secrets
