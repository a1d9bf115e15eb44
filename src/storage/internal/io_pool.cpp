#include "storage/internal/io_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace tarn::storage {
namespace {

struct Pool {
    std::mutex mutex;
    std::condition_variable arrived;
    std::deque<std::function<void()>> tasks;
    int threads = 0;
    int idle = 0;

    void Work() {
        std::unique_lock lock(mutex);
        while (true) {
            idle++;
            arrived.wait(lock, [&] { return !tasks.empty(); });
            idle--;
            std::function<void()> task = std::move(tasks.front());
            tasks.pop_front();
            lock.unlock();
            task();
            task = nullptr;
            lock.lock();
        }
    }
};

}  // namespace

void RunOnIoThread(std::function<void()> work) {
    // Never destroyed: a thread may still wait in it while the process ends.
    static Pool &pool = *new Pool;
    std::lock_guard lock(pool.mutex);
    pool.tasks.push_back(std::move(work));
    if (pool.idle < static_cast<int>(pool.tasks.size()) && pool.threads < kIoThreads) {
        pool.threads++;
        std::thread([] { pool.Work(); }).detach();
    }
    pool.arrived.notify_one();
}

}  // namespace tarn::storage
