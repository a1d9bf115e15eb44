#include "storage/faults.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace tarn::storage {
namespace {

std::atomic<DiskFaults *> installed = nullptr;

constexpr std::chrono::milliseconds kDelay{20};

}  // namespace

void DieNow() {
    kill(getpid(), SIGKILL);
    while (true) pause();
}

DiskFaults &DiskFaults::Install(std::string folder) {
    // Lives as long as the process: threads may still ask while it ends.
    auto *faults = new DiskFaults(std::move(folder));
    installed = faults;
    return *faults;
}

DiskFaults *DiskFaults::Installed() { return installed; }

void DiskFaults::Plan(FaultPlan plan) {
    std::lock_guard lock(mutex_);
    plan_ = std::move(plan);
    calls_ = 0;
}

int64_t DiskFaults::calls() {
    std::lock_guard lock(mutex_);
    return calls_;
}

FaultKind DiskFaults::Next(std::string_view operation, std::string_view path) {
    FaultKind kind = FaultKind::kNone;
    if (!Covers(path)) return kind;
    {
        std::lock_guard lock(mutex_);
        calls_++;
        if (plan_) kind = plan_(CallInfo{operation, path, calls_});
    }
    if (kind == FaultKind::kDie) DieNow();
    if (kind != FaultKind::kDelay) return kind;
    std::this_thread::sleep_for(kDelay);
    return FaultKind::kNone;
}

}  // namespace tarn::storage
