"""Virtual trials that run in processes of their own: asked for, followed, cancelled, found again.

Files:
    job        one run as others see it
    question   what is asked for, looked at before it may enter; the key under which its answer is kept
    records    the table of runs, which every process reads and writes
    queue      which run is next
    alive      a process's own folder, locked for as long as it lives
    worker     what a process does: check questions, or run them
    checker    a process that checks questions, asked and answered line by line
    pool       starts the processes, and starts again what died
    kept       results on disk, the oldest cleared away
    jobs       all of it, as pages and interface use it
"""

from livingdrug.web.jobs.job import Job
from livingdrug.web.jobs.jobs import Jobs

__all__ = ["Job", "Jobs"]
