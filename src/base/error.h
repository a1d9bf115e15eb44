// base/error.h: what went wrong, in the words of Databricks.
//
// Every fallible function below the engine returns Result<T>. An Error carries the published
// Databricks error class (`condition`) so that one adapter can print it, turn it into an HTTP body,
// or let a caller decide by it. `kind` is for code that must act on the outcome (retry, fall back);
// `condition` and `message` are for people.
// Threads: values; share freely once built.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tarn {

// What a caller can do about it. Everything else is detail in the message.
enum class ErrorKind : uint8_t {
    kInvalidInput,   // The user's text, data or options are wrong: fix and run again.
    kNotFound,       // The named thing does not exist.
    kAlreadyExists,  // The named thing exists and must not.
    kCorrupt,        // Bytes on disk are not what their format allows.
    kUnsupported,    // Valid, but this build cannot do it.
    kConflict,       // A concurrent writer won; the operation may be run again.
    kIo,             // The store failed; may be transient.
    kUnknownOutcome, // The store's answer was lost: the write may or may not have happened.
    kInternal,       // A bug of ours.
};

// 1-based position in a source text; line 0 means unknown.
struct SourcePosition {
    int line = 0;
    int column = 0;
    bool operator==(const SourcePosition &) const = default;
};

struct Error {
    ErrorKind kind = ErrorKind::kInternal;
    std::string condition;  // Databricks error class, e.g. "TABLE_OR_VIEW_NOT_FOUND".
    std::string message;    // One or more sentences, no trailing newline.
    std::string sqlstate;   // Five characters; filled from `condition` by MakeError.
    SourcePosition position;
    std::string remedy;     // What to do about it; may be empty.

    // "[CLASS] message SQLSTATE: 42P01 (line 1, pos 14)\nRemedy: …" as people see it.
    std::string ToString() const;
};

template <class T>
using Result = std::expected<T, Error>;

// The SQLSTATE of a published error class; "XXKST" for one this build does not know.
std::string_view SqlStateOf(std::string_view condition);

Error MakeError(ErrorKind kind, std::string_view condition, std::string message);
inline std::unexpected<Error> Fail(ErrorKind kind, std::string_view condition, std::string message) {
    return std::unexpected<Error>(MakeError(kind, condition, std::move(message)));
}
inline std::unexpected<Error> Fail(Error error) { return std::unexpected<Error>(std::move(error)); }

}  // namespace tarn

#define TARN_CONCAT_INNER(a, b) a##b
#define TARN_CONCAT(a, b) TARN_CONCAT_INNER(a, b)

// TARN_TRY(auto x, F()): binds the value, or returns the error to our caller.
#define TARN_TRY(decl, expr) TARN_TRY_IMPL(TARN_CONCAT(tarn_try_, __LINE__), decl, expr)
#define TARN_TRY_IMPL(tmp, decl, expr)                                 \
    auto tmp = (expr);                                                 \
    if (!tmp) return std::unexpected<::tarn::Error>(std::move(tmp).error()); \
    decl = std::move(*tmp)

// TARN_CHECK(F()): returns the error of a Result<void> (or of a value nobody needs) to our caller.
#define TARN_CHECK(expr)                                                              \
    do {                                                                              \
        auto tarn_check = (expr);                                                     \
        if (!tarn_check) return std::unexpected<::tarn::Error>(std::move(tarn_check).error()); \
    } while (false)

// For our own mistakes only; input from outside must never reach it. On in every build.
#define TARN_ASSERT(cond) ((cond) ? void(0) : ::tarn::AssertFailed(#cond, __FILE__, __LINE__))
namespace tarn {
[[noreturn]] void AssertFailed(const char *condition, const char *file, int line);
}
