// Any bytes: the outcome is an error or rows. For libFuzzer and its like; without one (TARN_FUZZ_MAIN) a
// program that takes files, which is what a fuzzer's finds are looked at with.
#include <cstdint>
#include <fstream>
#include <iterator>

#include "rows.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    using namespace tarn::extjson;
    if (size < 2) return 0;
    ReadOptions options;
    options.mode = data[0] % 2 == 0 ? Mode::kMongo : Mode::kJson;
    options.chunk_bytes = data[1];
    options.threads = 1;
    options.max_document_bytes = 4096;
    std::string text(reinterpret_cast<const char *>(data) + 2, size - 2);
    auto schema = InferSchema({TextFile(text)}, options);
    if (schema) (void)ReadRows({TextFile(text)}, *schema, options);
    return 0;
}

#ifdef TARN_FUZZ_MAIN
int main(int argc, char **argv) {
    for (int i = 1; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(file)), {});
        LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
    }
    return 0;
}
#endif
