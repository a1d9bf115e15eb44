// extjson_bench FILE...: how fast Extended JSON becomes columns, and in how much memory.
//
//   --threads N   (default: all cores)   --memory BYTES   --json   --repeat N (default 3; the best counts)
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "extjson/extjson.h"

using namespace tarn;
using namespace tarn::extjson;

namespace {

// Of all threads, user and system: what a machine that others use, too, cannot distort as much.
double CpuSeconds() {
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval &time) { return double(time.tv_sec) + double(time.tv_usec) * 1e-6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double Seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct ReadOutcome {
    uint64_t rows = 0;
    uint64_t rescued = 0;
    bool failed = false;
};

ReadOutcome ReadAll(const std::vector<InputFile> &files, const DataType &schema, const ReadOptions &options,
                    int threads) {
    auto reader = Reader::Open(files, schema, options);
    if (!reader) return {0, 0, true};
    std::vector<ReadOutcome> outcomes(static_cast<size_t>(threads));
    std::vector<std::jthread> workers;
    for (ReadOutcome &outcome : outcomes) {
        workers.emplace_back([&reader, &outcome] {
            auto worker = (*reader)->NewWorker();
            for (;;) {
                auto batch = (*reader)->Next(*worker);
                if (!batch) {
                    std::fprintf(stderr, "%s\n", batch.error().ToString().c_str());
                    outcome.failed = true;
                    return;
                }
                if (!*batch) return;
                outcome.rows += (*batch)->row_count;
                for (size_t i = 0; i < (*batch)->rescued.length; ++i) outcome.rescued += !(*batch)->rescued.IsNull(i);
            }
        });
    }
    workers.clear();
    ReadOutcome sum;
    for (const ReadOutcome &outcome : outcomes) {
        sum.rows += outcome.rows;
        sum.rescued += outcome.rescued;
        sum.failed = sum.failed || outcome.failed;
    }
    return sum;
}

}  // namespace

int main(int argc, char **argv) {
    std::vector<InputFile> files;
    ReadOptions options;
    int repeat = 3;
    double megabytes = 0;
    for (int i = 1; i < argc; ++i) {
        auto is = [&](const char *name) { return std::strcmp(argv[i], name) == 0 && i + 1 < argc; };
        if (is("--threads")) {
            options.threads = std::atoi(argv[++i]);
        } else if (is("--memory")) {
            options.memory_limit_bytes = std::strtoull(argv[++i], nullptr, 10);
        } else if (is("--chunk")) {
            options.chunk_bytes = std::strtoull(argv[++i], nullptr, 10);
        } else if (is("--repeat")) {
            repeat = std::atoi(argv[++i]);
        } else if (std::strcmp(argv[i], "--json") == 0) {
            options.mode = Mode::kJson;
        } else {
            files.push_back({argv[i], {}});
            struct stat info {};
            if (::stat(argv[i], &info) == 0) megabytes += double(info.st_size) / 1e6;
        }
    }
    if (files.empty()) {
        std::fprintf(stderr, "usage: extjson_bench [--threads N] [--memory BYTES] [--repeat N] [--json] FILE...\n");
        return 2;
    }
    int threads = options.threads > 0 ? options.threads : int(std::thread::hardware_concurrency());
    double best_infer = 1e9, best_read = 1e9, best_both = 1e9, best_cpu = 1e9, infer_cpu = 1e9;
    ReadOutcome outcome;
    for (int i = 0; i < repeat; ++i) {
        double start = Seconds(), start_cpu = CpuSeconds();
        auto schema = InferSchema(files, options);
        double middle = Seconds(), middle_cpu = CpuSeconds();
        if (!schema) {
            std::fprintf(stderr, "%s\n", schema.error().ToString().c_str());
            return 1;
        }
        if (i == 0) std::printf("%s\n", schema->ToString().c_str());
        outcome = ReadAll(files, *schema, options, threads);
        double end = Seconds();
        if (outcome.failed) return 1;
        best_infer = std::min(best_infer, middle - start);
        best_read = std::min(best_read, end - middle);
        best_both = std::min(best_both, end - start);
        infer_cpu = std::min(infer_cpu, middle_cpu - start_cpu);
        best_cpu = std::min(best_cpu, CpuSeconds() - start_cpu);
    }
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    std::printf(
        "%.1f MB, %llu rows, %llu rescued, %d threads: infer %.0f MB/s, read %.0f MB/s, both %.0f MB/s; "
        "a core's second: infer %.0f MB, both %.0f MB; peak memory %.1f MB\n",
        megabytes, static_cast<unsigned long long>(outcome.rows), static_cast<unsigned long long>(outcome.rescued),
        threads, megabytes / best_infer, megabytes / best_read, megabytes / best_both, megabytes / infer_cpu,
        megabytes / best_cpu, double(usage.ru_maxrss) / 1e3);
    return 0;
}
