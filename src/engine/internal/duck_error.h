// engine/internal/duck_error.h: DuckDB exceptions as Databricks errors, and ours through DuckDB's code.
#pragma once

#include "base/error.h"
#include "engine/internal/duckdb_headers.h"

namespace tarn::engine {

// The published class that says the same. Candidate names in DuckDB's text become the remedy.
Error FromDuckError(const duckdb::ErrorData &error);

// Throws `error` so that FromDuckError gives it back unchanged. For code that DuckDB calls.
[[noreturn]] void ThrowThroughDuckDB(const Error &error);

// Runs `body`, which may throw what DuckDB throws; returns its Result, or the exception as an Error.
template <class Body>
auto Guard(Body &&body) -> decltype(body()) {
    try {
        return body();
    } catch (const std::exception &exception) {
        return Fail(FromDuckError(duckdb::ErrorData(exception)));
    }
}

}  // namespace tarn::engine
