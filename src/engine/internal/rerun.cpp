#include "engine/internal/rerun.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <random>
#include <thread>

#include "engine/internal/state.h"

namespace tarn::engine {
namespace {

constexpr int64_t kLongestPauseMs = 500;

std::atomic<int64_t> reruns = 0;

// The first rerun follows at once; from then on another process seems to be as busy as we are.
void Pause(int runs) {
    if (runs < 2) return;
    static thread_local std::mt19937_64 dice{std::random_device{}()};
    int64_t most = std::min<int64_t>(kLongestPauseMs, int64_t{4} << std::min(runs, 10));
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + static_cast<int64_t>(dice() % static_cast<uint64_t>(most))));
}

}  // namespace

RerunResult RunUntilItWins(SessionState &session, const std::function<RerunResult()> &run) {
    session.target.clear();
    RerunResult result = run();
    for (int runs = 1; runs < kMostRuns; runs++) {
        if (result || result.error().kind != ErrorKind::kConflict) return result;
        Pause(runs);
        Turnstiles::Turn turn(session.engine.turnstiles, session.target);
        reruns++;
        result = run();
    }
    if (!result && result.error().kind == ErrorKind::kConflict) {
        result.error().message += " It was run " + std::to_string(kMostRuns) + " times, and always lost.";
    }
    return result;
}

int64_t StatementReruns() { return reruns; }

}  // namespace tarn::engine
