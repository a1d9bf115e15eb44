// patreon-generate: the exports of a made-up game studio's Patreon community, as mongoexport writes them.
//
// Chunks of documents are made in parallel and written in order, so memory stays at a few megabytes whatever the size.
#include "community.h"

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

namespace {

using namespace patreon;
using tarn::ErrorKind;
using tarn::Fail;
using tarn::Result;

constexpr uint64_t kChunk = 4096;  // Documents; about a megabyte.

struct FileCloser {
    void operator()(std::FILE *file) const { std::fclose(file); }
};

// One export file. A half-written file is never seen under its final name.
class ExportFile {
public:
    ExportFile(std::filesystem::path path) : path_(std::move(path)), part_(path_.string() + ".part") {
        file_.reset(std::fopen(part_.c_str(), "wb"));
        if (file_ != nullptr) std::setvbuf(file_.get(), nullptr, _IONBF, 0);
    }

    void Write(std::string_view bytes) {
        ok_ = ok_ && file_ != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size();
        size_ += bytes.size();
    }
    // `lines` starts with a separator; the first chunk of a file starts the array in its place.
    void WriteLines(std::string_view lines) {
        if (lines.empty()) return;
        if (size_ == 0) Write("[");
        Write(size_ == 1 ? lines.substr(2) : lines);
    }
    Result<uint64_t> Finish() {
        if (size_ == 0) Write("[");
        Write("]\n");
        if (file_ != nullptr) ok_ = std::fclose(file_.release()) == 0 && ok_;
        std::error_code error;
        if (ok_) std::filesystem::rename(part_, path_, error);
        if (!ok_ || error) return Fail(ErrorKind::kIo, "CANNOT_WRITE_FILE", "cannot write " + path_.string());
        return size_;
    }

private:
    std::filesystem::path path_, part_;
    std::unique_ptr<std::FILE, FileCloser> file_;
    uint64_t size_ = 0;
    bool ok_ = true;
};

// Makes chunks on all threads and hands them to the file in order.
Result<uint64_t> WriteCollection(const Community &community, Collection c, Export e, const std::filesystem::path &folder,
                                 unsigned threads, Totals &totals) {
    ExportFile file(folder / (std::string(kCollectionNames[c]) + ".json"));
    const uint64_t documents = community.Size(c, e), chunks = (documents + kChunk - 1) / kChunk;
    std::atomic<uint64_t> next_chunk = 0;
    uint64_t next_write = 0;  // Guarded by `mutex`, like `file` and `totals`.
    std::mutex mutex;
    std::condition_variable written;
    const auto work = [&] {
        std::string lines;
        for (uint64_t chunk; (chunk = next_chunk++) < chunks;) {
            lines.clear();
            Totals of_chunk;
            for (uint64_t i = chunk * kChunk; i < std::min(documents, (chunk + 1) * kChunk); ++i) {
                const size_t before = lines.size();
                lines += ",\n";
                if (!community.Append(lines, c, i, e, of_chunk)) lines.resize(before);
            }
            std::unique_lock lock(mutex);
            written.wait(lock, [&] { return next_write == chunk; });
            file.WriteLines(lines);
            totals.Add(of_chunk);
            ++next_write;
            written.notify_all();
        }
    };
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 1; i < threads; ++i) workers.emplace_back(work);
        work();
    }
    return file.Finish();
}

void PrintSummary(const char *title, const Totals &t, const std::array<uint64_t, kCollections> &bytes, double seconds) {
    std::printf("%s (%.1f s)\n", title, seconds);
    for (int c = 0; c < kCollections; ++c) {
        std::printf("  %-20s %12llu documents %9.1f MB\n", (std::string(kCollectionNames[c]) + ".json").c_str(),
                    static_cast<unsigned long long>(t.documents[c]), static_cast<double>(bytes[c]) / 1e6);
    }
    const auto line = [](const char *name, uint64_t value) {
        std::printf("  %-20s %12llu\n", name, static_cast<unsigned long long>(value));
    };
    std::printf("  %-20s %12llu (%.1f %%)\n", "patrons", static_cast<unsigned long long>(t.patrons),
                100.0 * static_cast<double>(t.patrons) / static_cast<double>(std::max<uint64_t>(t.documents[kUsers], 1)));
    std::printf("  %-20s %12.2f USD\n", "campaign support", static_cast<double>(t.campaign_cents) / 100);
    std::printf("  %-20s %12.2f USD\n", "lifetime support", static_cast<double>(t.lifetime_cents) / 100);
    line("translations", t.translations);
    line("multiple_votes", t.multiple_votes);
    line("total body length", t.body_length);
    line("votes cast", t.vote_entries);
    line("weight of votes", t.vote_weight);
}

Result<void> WriteExport(const Community &community, Export e, const std::filesystem::path &folder, unsigned threads) {
    const auto start = std::chrono::steady_clock::now();
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return Fail(ErrorKind::kIo, "CANNOT_WRITE_FILE", "cannot create " + folder.string() + ": " + error.message());
    Totals totals;
    std::array<uint64_t, kCollections> bytes{};
    for (int c = 0; c < kCollections; ++c) {
        TARN_TRY(bytes[c], WriteCollection(community, static_cast<Collection>(c), e, folder, threads, totals));
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    PrintSummary(folder.string().c_str(), totals, bytes, seconds.count());
    return {};
}

struct Options {
    std::string size = "community", out, settings = PATREON_GENERATOR_DIR "/settings.yml";
    std::optional<uint64_t> seed;
    bool increment = false;
    unsigned threads = std::max(1u, std::thread::hardware_concurrency());
};

Result<void> Run(const Options &options) {
    TARN_TRY(Settings settings, LoadSettings(options.settings, options.size));
    TARN_TRY(Text text, LoadText((std::filesystem::path(options.settings).parent_path() / "text.yml").string()));
    if (options.seed) settings.seed = *options.seed;
    const Timeline timeline(settings);
    const Writer writer(settings, text);
    const Community community(settings, writer, timeline);
    TARN_CHECK(WriteExport(community, Export::kFirst, options.out, options.threads));
    if (options.increment) {
        const auto folder = std::filesystem::path(options.out) / "increment";
        TARN_CHECK(WriteExport(community, Export::kIncrement, folder, options.threads));
    }
    return {};
}

}  // namespace

int main(int argc, char **argv) {
    Options options;
    CLI::App app{"Writes the MongoDB exports of a made-up Patreon community: users, posts, posts_comments and votes."};
    app.add_option("--size", options.size, "tiny, community, x10 or x100 (settings.yml)")->capture_default_str();
    app.add_option("--out", options.out, "folder to write to")->required();
    app.add_option("--seed", options.seed, "another community of the same kind (default: settings.yml)");
    app.add_flag("--increment", options.increment, "also write a later export of the same community to OUT/increment");
    app.add_option("--settings", options.settings, "another settings.yml, with its text.yml beside it")->capture_default_str();
    app.add_option("--threads", options.threads, "how many threads; the bytes are the same")->check(CLI::Range(1, 256));
    CLI11_PARSE(app, argc, argv);
    if (auto done = Run(options); !done) {
        std::fprintf(stderr, "patreon-generate: %s\n", done.error().ToString().c_str());
        return 1;
    }
    return 0;
}
