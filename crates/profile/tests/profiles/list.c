/* Keeps a list and drops a buffer: what a profile shows of each. */
#include <stdlib.h>
#include <string.h>
struct item { struct item *next; char text[100]; };
static struct item *kept;
static void keep(void) {
    struct item *item = malloc(sizeof *item);
    memset(item, 1, sizeof *item);
    item->next = kept;
    kept = item;
}
static void drop(void) { char *b = calloc(1, 4096); b[0] = 1; free(b); }
int main(void) {
    for (int i = 0; i < 50; i++) { keep(); drop(); }
    return kept == NULL;
}
