// What the tests of concurrency and of crashes share: a root of their own, and statements as text.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "engine/session.h"

namespace tarn::testing {

// A folder that is gone when this goes.
class ScratchRoot {
public:
    explicit ScratchRoot(const char *name) {
        std::string pattern = (std::filesystem::temp_directory_path() / (std::string("tarn-") + name + "-XXXXXX")).string();
        if (!mkdtemp(pattern.data())) std::abort();
        path_ = pattern;
    }
    ~ScratchRoot() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchRoot(const ScratchRoot &) = delete;
    ScratchRoot &operator=(const ScratchRoot &) = delete;
    const std::filesystem::path &path() const { return path_; }

private:
    std::filesystem::path path_;
};

// The first cell of the first row as text, "" without rows.
inline Result<std::string> Run(engine::Session &session, const std::string &statement) {
    TARN_TRY(auto result, session.Execute(statement));
    std::string cell;
    bool first = true;
    while (true) {
        TARN_TRY(bool more, result->Next());
        if (!more) return cell;
        if (first && result->batch_rows() > 0 && !result->columns().empty()) {
            result->AppendCell(0, 0, engine::CellStyle::kSpark, cell);
            first = false;
        }
    }
}

}  // namespace tarn::testing
