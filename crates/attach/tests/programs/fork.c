/* A child that allocates for itself; it ends with its parent. */
#include "steps.h"
#include <sys/prctl.h>

static void *volatile kept;

static void step(int n) {
    if (n == 0) {
        pid_t child = fork();
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, 9);
            for (int i = 0; i < 1000; i++) kept = malloc(999);
            sleep(60);
            _exit(0);
        }
        printf("%d ", child);
    }
    kept = malloc(10);
}
