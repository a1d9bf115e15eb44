// storage/faults.h: where a test makes the local disk fail, or the process die.
//
// Once a test has installed them, every call to the store of local paths and everything that DuckDB does with files
// (engine/internal/watched_file_system.h) asks here first: the n-th call may fail, lose its answer, write half of its bytes,
// or be the last that the process makes. No setting and no environment variable installs faults; without them a call costs
// the reading of a pointer.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tarn::storage {

enum class FaultKind : uint8_t {
    kNone,
    kFail,        // The call does nothing and answers kIo.
    kLoseAnswer,  // A write happens, then answers kUnknownOutcome. A read answers kIo.
    kLoseWrite,   // A write does not happen, and answers kUnknownOutcome. A read answers kIo.
    kTear,        // Of a write half of the bytes reach the disk, under a temporary name where the store uses one; kIo.
    kDelay,       // The call takes 20 ms.
    kDie,         // The process is killed before the call.
    kDieTorn,     // In the middle of a write, as kTear has it.
};

struct CallInfo {
    std::string_view operation;  // "Read", "Put", "PutIfAbsent", … of a store; "Open", "Write", … of DuckDB's files.
    std::string_view path;
    int64_t number = 0;          // 1 for the first call.
};

using FaultPlan = std::function<FaultKind(const CallInfo &)>;

// Ends this process as kill -9 does.
[[noreturn]] void DieNow();

class DiskFaults {
public:
    // For the rest of this process, for paths below `folder`. To be called before an Engine is opened.
    static DiskFaults &Install(std::string folder);
    // nullptr in every process but a test's.
    static DiskFaults *Installed();

    // From now on; numbers start at 1 again. No plan: no faults.
    void Plan(FaultPlan plan);
    int64_t calls();

    bool Covers(std::string_view path) const { return path.starts_with(folder_); }
    // Counts the call. May wait, and may not return.
    FaultKind Next(std::string_view operation, std::string_view path);

private:
    explicit DiskFaults(std::string folder) : folder_(std::move(folder)) {}

    std::string folder_;
    std::mutex mutex_;
    FaultPlan plan_;
    int64_t calls_ = 0;
};

}  // namespace tarn::storage
