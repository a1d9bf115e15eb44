// A checkpoint of strangers, read by the engine: an error or rows, never a crash. The input is the Parquet file.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "engine/engine.h"
#include "engine/session.h"

namespace {

namespace fs = std::filesystem;
using namespace tarn;

// One engine for all inputs; a fresh table for each, as the engine remembers what it has read of a folder.
class Home {
public:
    Home() : root_(fs::temp_directory_path() / ("tarn-fuzz-" + std::to_string(getpid()))) { Open(); }
    ~Home() {
        session_.reset();
        engine_.reset();
        fs::remove_all(root_);
    }

    void Read(const uint8_t *data, size_t size) {
        fs::path table = root_ / ("t" + std::to_string(count_++)), log = table / "_delta_log";
        fs::create_directories(log);
        std::ofstream(log / "00000000000000000010.checkpoint.parquet", std::ios::binary)
            .write(reinterpret_cast<const char *>(data), static_cast<std::streamsize>(size));
        std::ofstream(log / "_last_checkpoint") << R"({"version":10,"size":1})";
        Run("SELECT * FROM delta.`" + table.string() + "` LIMIT 5");
        Run("DESCRIBE DETAIL delta.`" + table.string() + "`");
        fs::remove_all(table);
        // An engine that one bad file has spoilt would fail everybody else's statements.
        TARN_ASSERT(session_->Execute("SELECT 1"));
    }

private:
    void Open() {
        fs::create_directories(root_);
        auto engine = engine::Engine::Open({.root = root_, .memory_limit = "1GB", .threads = 1});
        TARN_ASSERT(engine);
        engine_ = std::move(*engine);
        session_ = engine_->NewSession();
    }

    void Run(const std::string &text) {
        auto result = session_->Execute(text);
        while (result) {
            auto more = (*result)->Next();
            if (!more || !*more) break;
        }
    }

    fs::path root_;
    std::unique_ptr<engine::Engine> engine_;
    std::unique_ptr<engine::Session> session_;
    int count_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static Home home;
    home.Read(data, size);
    return 0;
}
