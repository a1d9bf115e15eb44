// ai/internal/store.h: ROOT/ai.db: what models answered, what it cost, and what may still be spent.
//
// A paid answer, its usage row and its cost are written in one transaction, on disk before anybody uses the answer. What a
// call may cost at most is reserved before it is made, so that calls in flight in several processes stay below one cap.
// Threads: any. Errors: IO_ERROR.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ai/records.h"
#include "ai/settings.h"
#include "base/sqlite.h"

namespace tarn::ai {

struct CacheEntry {
    std::string key;  // 32 bytes.
    std::string kind, function, model, prompt_version, parameters, input;
    std::string answer;  // Text, or the floats of an embedding.
    int64_t tokens_in = 0, tokens_out = 0;
    NanoUsd cost = 0;
};

// Money that a call may need, set aside.
struct Reservation {
    int64_t id = 0;
    NanoUsd amount = 0;
};

struct Refusal {
    const char *period = "day";  // or "project"
    NanoUsd spent = 0;           // Paid for.
    NanoUsd reserved = 0;        // By calls in flight, which may need less: waiting can help when this is not 0.
};

class Store {
public:
    // Makes the file when it is not there.
    static Result<std::unique_ptr<Store>> Open(const std::filesystem::path &root);

    // The answer of that key.
    Result<std::optional<std::string>> Find(const std::string &key);

    // Sets `amount` aside, or says which cap is in the way. A reservation of a process that died ends after `valid_s`.
    Result<std::expected<Reservation, Refusal>> Reserve(NanoUsd amount, NanoUsd day_cap, NanoUsd project_cap, int64_t valid_s);
    // The call is over: gives the reservation back and books what it cost; `entries`: what it answered.
    Result<void> Settle(const Reservation &reservation, const UsageRow &usage, const std::vector<CacheEntry> &entries);
    Result<void> AddUsage(const std::vector<UsageRow> &rows);

    // Rows after `after`, oldest first; `after` becomes the last one's number.
    Result<std::vector<UsageRow>> ReadUsage(int64_t &after, int limit);
    Result<std::vector<CacheRow>> ReadCache(int64_t &after, int limit);

private:
    explicit Store(std::unique_ptr<SqliteFile> file) : file_(std::move(file)) {}
    Result<void> InsertUsage(const UsageRow &row);
    Result<void> InsertEntry(const CacheEntry &entry);

    std::mutex mutex_;
    std::unique_ptr<SqliteFile> file_;
};

// "2026-11-28", UTC.
std::string Today();
int64_t NowMs();

}  // namespace tarn::ai
