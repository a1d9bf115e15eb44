// storage/internal/io_pool.h: threads that wait for the network.
//
// A task must not wait for another task of the pool: with every thread waiting, none would be left to do the work.
#pragma once

#include <functional>
#include <future>
#include <memory>

namespace tarn::storage {

inline constexpr int kIoThreads = 16;

// Runs `work` on one of kIoThreads threads, which start when they are first needed and live as long as the process.
void RunOnIoThread(std::function<void()> work);

template <class Work>
auto OnIoThread(Work work) -> std::future<decltype(work())> {
    auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
    auto future = task->get_future();
    RunOnIoThread([task] { (*task)(); });
    return future;
}

}  // namespace tarn::storage
