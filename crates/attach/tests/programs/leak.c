/* Ten lost blocks a step, and one that is resized and freed. */
#include "steps.h"

static void *volatile kept;

static void __attribute__((noinline)) leak(int n) {
    for (int i = 0; i < n; i++)
        kept = malloc(100); // LEAK
    asm volatile("");
}

static void step(int n) {
    void *volatile large = malloc(50000); // LARGE
    leak(10);
    large = realloc(large, 60000);
    free(large);
}
